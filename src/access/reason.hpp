// Why a request was allowed or refused: the closed list, and what each reason means to a client.
// Statuses and error codes are those of the dialects.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace private_image {

enum class Reason : std::uint8_t {
    // allowed
    publicImage,
    signedUrl,
    variant,
    // refused: the signature
    unsignedUrl,
    badSignature,
    expired,
    expiryTooFar,
    // refused: what was asked
    adhocOff,
    unknownVariant,
    badUrl,
    badOptions,
    method,
    // the origin
    notFound,
    originRefused,
    originError,
    originTimeout,
    // the source
    tooLarge,
    unsupportedType,
    damaged,
    // the result
    outputTooLarge,
    busy,
    timeout,
    internal,
};

inline constexpr std::size_t reasonCount = static_cast<std::size_t>(Reason::internal) + 1;

// For tables with one row for each reason: true if each stands at the place of its reason.
template <typename Row>
constexpr bool isInReasonOrder(const std::array<Row, reasonCount>& table) {
    for (std::size_t i = 0; i < reasonCount; ++i) {
        if (static_cast<std::size_t>(table[i].reason) != i) {
            return false;
        }
    }
    return true;
}

// Whose fault it is; the glue maps it to a log level.
enum class Fault : std::uint8_t { none, client, origin, limit, ours };

// The stable word: "public", "unsigned", "bad_signature"...
std::string_view reasonWord(Reason reason);

Fault faultOf(Reason reason);

// True for the refusals whose status `private_image_denied_status` replaces.
bool isDenial(Reason reason);

// A short English sentence for the error's text, naming no secret and no path.
std::string_view reasonSentence(Reason reason);

}  // namespace private_image
