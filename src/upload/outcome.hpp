// How an upload, or a call that manages files, ended: the closed list, its stable words, and the
// answer of a refusal in either service's shape.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "dialect/dialect.hpp"

namespace private_image::upload {

enum class Outcome : std::uint8_t {
    stored,
    done,  // a call that manages files
    // refused: the credential
    noKey,
    badKey,
    badToken,
    usedToken,
    expired,
    // refused: the request
    badField,
    exists,
    tooLarge,
    unsupportedType,
    damaged,
    notServed,
    notFound,
    endedEarly,
    tooSlow,
    // refused: the door or its store
    busy,
    storeError,
    storeTimeout,
    markUnseen,
};

inline constexpr std::size_t outcomeCount = static_cast<std::size_t>(Outcome::markUnseen) + 1;

// The stable word of logs, variables and counters: "stored", "no_key", "bad_field"…
std::string_view outcomeWord(Outcome outcome);

// The HTTP status that the service answers; 200 for `stored` and `done`.
unsigned statusOf(Outcome outcome, Dialect dialect);

// True where a client's retry cannot succeed or could store twice: the answer then carries
// "x-should-retry: false", which the services' clients obey.
bool isFinal(Outcome outcome, bool isSentToStore);

// Numbers of Cloudflare's errors, where an outcome has several.
inline constexpr unsigned otherAccountCode = 5403;
inline constexpr unsigned noSuchImageCode = 5404;
inline constexpr unsigned badIdCode = 5411;
inline constexpr unsigned animationTooLargeCode = 5443;
inline constexpr unsigned noRouteCode = 7003;

struct UploadError {
    Outcome outcome = Outcome::badField;
    std::string message;  // a sentence for the client, which names the field and the limit
    unsigned code = 0;    // of Cloudflare's errors; 0: the outcome's own
};

// The status of this error: the outcome's own, but where Cloudflare's number says more.
unsigned statusOf(const UploadError& error, Dialect dialect);

unsigned cloudflareCodeOf(const UploadError& error);

}  // namespace private_image::upload
