// Why a request was allowed or refused: the closed list, and what each reason means to a client.
// The one place where a reason becomes a word, a status and an error code.
#pragma once

#include <cstdint>
#include <string_view>

namespace private_image {

// Whose URL grammar, signing scheme and status codes a location speaks.
enum class Dialect : std::uint8_t { cloudflare, imagekit };

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

// Whose fault it is; the glue maps it to a log level.
enum class Fault : std::uint8_t { none, client, origin, limit, ours };

// The stable word: "public", "unsigned", "bad_signature"...
std::string_view reasonWord(Reason reason);

// The HTTP status that the dialect answers; 200 for the allowed ones.
int statusOf(Reason reason, Dialect dialect);

Fault faultOf(Reason reason);

// True for the refusals whose status `private_image_denied_status` replaces.
bool isDenial(Reason reason);

// Cloudflare's error number ("Cf-Resized: err=N"), 0 where it has none.
int cloudflareErrorCode(Reason reason);

// ImageKit's error code ("ik-error: CODE - text"), empty where it has none.
std::string_view imagekitErrorCode(Reason reason);

// A short English sentence for the error's text, naming no secret and no path.
std::string_view reasonSentence(Reason reason);

}  // namespace private_image
