// Finds the keys and the prefix that a location signs with, and refuses locations that cannot sign.
#include "nginx/config/sign_settings.hpp"

#include <new>

#include "dialect/url_signer.hpp"
#include "nginx/config/installed_handlers.hpp"
#include "nginx/host/pool.hpp"

namespace private_image {
namespace {

const KeyRing* ringOf(SigningRings& shared, const std::vector<KeySetting>& keys, Dialect dialect) {
    auto& ring = shared.rings[{&keys, dialect}];
    if (ring == nullptr) {
        ring = std::make_unique<KeyRing>(digestOf(dialect));
        for (const KeySetting& setting : keys) {
            if (!ring->add(setting.key, setting.primary)) {
                throw std::bad_alloc();
            }
        }
    }
    return ring.get();
}

// A gate without private_image_prefix has the prefix of its location.
std::string prefixOf(const LocationConfig& location) {
    if (location.prefix.data != nullptr) {
        return std::string(view(location.prefix));
    }
    return location.gate == nullptr ? std::string() : location.gate->prefix;
}

bool isNamedByPath(const ngx_http_core_loc_conf_t& core) {
#if (NGX_PCRE)
    if (core.regex != nullptr) {
        return false;
    }
#endif
    return !core.named;
}

bool hasKeys(const LocationConfig& location) {
    return isSet(location.keys) && !location.keys->empty();
}

}  // namespace

Result<std::string, std::string> Signer::sign(Dialect dialect, std::string_view url,
                                              std::int64_t expires) const {
    const KeyRing& ring = *rings[static_cast<std::size_t>(dialect)];
    return signUrl(dialect, url, prefix, ring, ring.primary(), expires);
}

std::string errorInSigning(const LocationConfig& location, const ngx_http_core_loc_conf_t& core) {
    const std::string subject =
        "\"private_image_sign\" in location \"" + std::string(view(core.name)) + '"';
    const bool isGate = location.gateLocation == &core && location.dialect != 0;
    if (isGate || location.isPurge || isStatusLocation(core)) {
        return subject + " cannot share a location with " +
               (isGate             ? "private_image"
                : location.isPurge ? "private_image_purge"
                                   : "private_image_status") +
               ", write a location of its own for it";
    }
    if (!isNamedByPath(core)) {
        return subject +
               " cannot find the URL in the request, write a location that is named by a path, "
               "such as location /sign/";
    }
    if (location.prefix.data == nullptr) {
        return subject +
               " has no prefix of the URLs that it may sign, write private_image_prefix, such as "
               "private_image_prefix /img/";
    }
    return hasKeys(location) ? std::string()
                             : subject + " has no key, write private_image_key FILE";
}

Signer* makeSigner(ngx_pool_t* pool, const LocationConfig& location, const MainConfig& main) {
    if (!hasKeys(location)) {
        return nullptr;
    }
    Signer signer{prefixOf(location)};
    bool isNeeded = false;
    for (const Dialect dialect : allDialects) {
        const auto index = static_cast<std::size_t>(dialect);
        const bool isForEndpoint = location.sign != nullptr && location.sign->dialect == dialect;
        if (isForEndpoint || main.signingRings->isNeededByVariables[index]) {
            signer.rings[index] = ringOf(*main.signingRings, *location.keys, dialect);
            isNeeded = true;
        }
    }
    return isNeeded ? makeInPool<Signer>(pool, std::move(signer)) : nullptr;
}

}  // namespace private_image
