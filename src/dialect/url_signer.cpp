#include "dialect/url_signer.hpp"

#include "dialect/unsigned_url.hpp"

namespace private_image {

Result<std::string, std::string> signUrl(Dialect dialect, std::string_view url,
                                         std::string_view prefix, const KeyRing& keys,
                                         std::size_t key, std::int64_t expires) {
    const auto parts = readUnsignedUrl(url, prefix);
    if (!parts) {
        return Error{parts.error()};
    }
    const auto target = signTarget(dialect, *parts, prefix, {keys, key}, expires);
    if (!target) {
        return Error{target.error()};
    }
    std::string signedUrl = parts->origin + *target;
    if (signedUrl.size() > maxUrlLength) {
        return Error{"the signed URL is longer than " + std::to_string(maxUrlLength) + " bytes"};
    }
    return signedUrl;
}

std::int64_t expiryOf(std::int64_t now, std::int64_t lifetime, std::int64_t window) {
    const std::int64_t expires = now + lifetime;
    return window <= 0 ? expires : (expires + window - 1) / window * window;
}

}  // namespace private_image
