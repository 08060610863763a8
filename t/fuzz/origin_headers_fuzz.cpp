// Header values of an origin: the mark; on further lines Cache-Control, and the lifetime of a
// grant.
#include <cstdlib>

#include "access/cache_lifetime.hpp"
#include "access/privacy_mark.hpp"
#include "base/encoding.hpp"
#include "fuzzing.hpp"

namespace private_image::fuzzing {
namespace {

void requireMark(const std::string& value) {
    const bool isPrivate = flagMeansPrivate(value);
    require(flagMeansPrivate(" \t" + value + "\t ") == isPrivate, "blanks do not count", value);
    std::string capitals = value;
    std::ranges::transform(capitals, capitals.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    require(flagMeansPrivate(capitals) == isPrivate, "case does not count", value);
    const bool hasBytesOfPublic = capitals.find_first_not_of("0AEFLNOS \t") == capitals.npos;
    require(isPrivate || hasBytesOfPublic, "only false, 0, no and off are public", value);
}

// Parses the written header as a cache does.
OriginLifetime answered(const OriginLifetime& origin, const LifetimeRequest& request) {
    const std::string value = clientCacheControl(origin, request);
    require(isPrintable(value), "what is written is printable", value);
    return readOriginLifetime(value, std::nullopt);
}

void requireSignedLifetime(const OriginLifetime& origin, LifetimeRequest request) {
    request.reason = Reason::signedUrl;
    const std::int64_t left = *request.grantLeft;
    const OriginLifetime answer = answered(origin, request);
    const std::int64_t fresh = std::max(answer.maxAge.value_or(0), answer.sharedMaxAge.value_or(0));
    const std::int64_t stale =
        std::max(answer.staleIfError.value_or(0), answer.staleWhileRevalidate.value_or(0));
    require(answer.noStore || fresh + stale <= left, "nothing outlives the grant");
    require(answer.noStore || answer.privateOnly || request.sharedCacheAllowed,
            "a signed answer is private");
}

void requireLifetimes(std::string_view cacheControl, const LifetimeRequest& request) {
    const OriginLifetime origin = readOriginLifetime(cacheControl, std::nullopt);
    for (const auto& seconds :
         {origin.maxAge, origin.sharedMaxAge, origin.staleIfError, origin.staleWhileRevalidate}) {
        require(!seconds || (*seconds >= 0 && *seconds <= std::int64_t{365} * 24 * 3600),
                "a lifetime is a year at most", cacheControl);
    }
    requireSignedLifetime(origin, request);
    const OriginLifetime answer = answered(origin, request);
    require(answer.noStore == origin.noStore, "no-store is passed on", cacheControl);
    require(origin.noStore || !origin.noCache || answer.noCache, "no-cache is passed on",
            cacheControl);
    require(origin.noStore || !origin.privateOnly || answer.privateOnly, "private is passed on",
            cacheControl);
}

}  // namespace
}  // namespace private_image::fuzzing

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace private_image;
    using namespace private_image::fuzzing;
    std::string_view rest = textOf(data, size);
    requireMark(std::string(takeLine(rest)));
    const std::string_view cacheControl = takeLine(rest);
    LifetimeRequest request;
    request.grantLeft = static_cast<std::int64_t>(parseUnsigned(rest, INT32_MAX).value_or(60));
    for (const bool isShared : {false, true}) {
        request.sharedCacheAllowed = isShared;
        requireLifetimes(cacheControl, request);
        request.isForRequester = !isShared;
        request.fallback = 3600;
        requireLifetimes(cacheControl, request);
    }
    return 0;
}
