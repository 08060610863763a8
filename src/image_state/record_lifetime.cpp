#include "image_state/record_lifetime.hpp"

#include <algorithm>

namespace private_image {
namespace {

void append(std::string& all, const std::string& more) {
    all += (all.empty() || more.empty() ? "" : ", ") + more;
}

}  // namespace

bool namesLifetime(const CachingHeaders& headers) {
    return !headers.cacheControl.empty() || headers.expires.has_value();
}

std::string combinedCacheControl(std::span<const OriginalLifetime> originals) {
    if (originals.size() == 1) {
        return originals.front().headers.cacheControl;
    }
    std::string all;
    for (const OriginalLifetime& original : originals) {
        const CachingHeaders& headers = original.headers;
        append(all, headers.cacheControl);
        if (headers.expires && !readOriginLifetime(headers.cacheControl, {}).maxAge) {
            append(all, "max-age=" + std::to_string(std::max<std::int64_t>(*headers.expires, 0)));
        }
    }
    return all;
}

bool mayBeStored(std::span<const OriginalLifetime> originals) {
    return std::ranges::all_of(originals, [](const OriginalLifetime& original) {
        return mayBeKept(lifetimeForCache(original.headers, original.ignored));
    });
}

void fillLifetime(EntryRecord& record, std::span<const OriginalLifetime> originals) {
    const OriginalLifetime& original = originals.front();
    record.expires = originals.size() == 1 ? original.headers.expires : std::nullopt;
    record.accelExpires = original.headers.accelExpires;
    record.hasOwnLifetime = std::ranges::any_of(originals, [](const OriginalLifetime& one) {
        return hasOwnLifetime(one.headers, one.ignored);
    });
    record.age = original.age;
}

void renewLifetime(EntryRecord& record, const OriginalLifetime& confirmation) {
    const CachingHeaders& headers = confirmation.headers;
    record.age = confirmation.age;
    if (namesLifetime(headers)) {
        record.cacheControl = headers.cacheControl;
        record.expires = headers.expires;
    }
    if (namesLifetime(headers) || headers.accelExpires) {
        record.accelExpires = headers.accelExpires;
        record.hasOwnLifetime = hasOwnLifetime(headers, confirmation.ignored);
    }
}

std::optional<std::int64_t> remainingOf(const OriginState& known, const OriginState& recorded,
                                        bool isLayer) {
    if (!isLayer && known.observedAt == recorded.observedAt) {
        return std::nullopt;
    }
    return (known.freshUntil - known.observedAt + 999) / 1000;
}

std::int64_t ageOf(const EntryRecord& record, std::optional<Milliseconds> keptSince,
                   Milliseconds now) {
    const std::int64_t kept = keptSince ? (now - *keptSince) / 1000 : 0;
    return record.age + std::max<std::int64_t>(kept, 0);
}

}  // namespace private_image
