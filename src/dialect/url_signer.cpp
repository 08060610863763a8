// Which dialect signs. How a URL is read is unsigned_url's, how it is signed the dialects'.
#include "dialect/url_signer.hpp"

#include "dialect/cloudflare/cloudflare.hpp"
#include "dialect/imagekit/imagekit.hpp"
#include "dialect/unsigned_url.hpp"

namespace private_image {
namespace {

Result<std::string, std::string> signTarget(Dialect dialect, const UnsignedUrl& url,
                                            std::string_view prefix, const SigningKey& key,
                                            std::int64_t expires) {
    switch (dialect) {
        case Dialect::cloudflare:
            return cloudflare::signTarget(url, prefix, key, expires);
        case Dialect::imagekit:
            return imagekit::signTarget(url, prefix, key, expires);
    }
    return Error{std::string("there is no such dialect")};
}

}  // namespace

KeyRing::Digest digestOf(Dialect dialect) {
    return dialect == Dialect::cloudflare ? KeyRing::Digest::sha256 : KeyRing::Digest::sha1;
}

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
