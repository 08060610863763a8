#include "nginx/derivative/cache_key.hpp"

#include "base/encoding.hpp"
#include "nginx/host/pool.hpp"
#include "transform/canonical.hpp"

namespace private_image {

std::string cacheKey(const RequestContext& context) {
    const RequestTarget& target = context.target;
    std::string key;
    key.reserve(256);  // mostly enough
    key.append(percentEncodePath(view(target.identity))).append("|");
    key.append(percentEncodePath(view(context.sources.front().uri))).append("|");
    key.append(canonicalText(target.parsed->transform)).append("|");
    key.append(context.gate.settingsDigest);
    if (target.isNegotiated) {
        key.append(",auto=");
        for (const Format format : target.acceptedFormats) {
            key.append(formatName(format)).append("+");
        }
    }
    return key;
}

}  // namespace private_image
