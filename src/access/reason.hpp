// Why a request was allowed or refused: the closed list of reasons.
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
    // refused: the requested form
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

// For tables with one row for each reason: true if rows are in the order of the enumeration.
template <typename Row>
constexpr bool isInReasonOrder(const std::array<Row, reasonCount>& table) {
    for (std::size_t i = 0; i < reasonCount; ++i) {
        if (static_cast<std::size_t>(table[i].reason) != i) {
            return false;
        }
    }
    return true;
}

// The party at fault; it determines the log level.
enum class Fault : std::uint8_t { none, client, origin, limit, internal };

// The stable word: "public", "unsigned", "bad_signature"...
std::string_view reasonWord(Reason reason);

Fault faultOf(Reason reason);

// True for refusals whose status is replaced by `private_image_denied_status`.
bool isDenial(Reason reason);

// A short English sentence for the body of an error. It contains neither secrets nor paths.
std::string_view reasonSentence(Reason reason);

}  // namespace private_image
