// Compiled settings of signing, for private_image_sign and for the variables of
// private_image_signed.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "access/key_ring.hpp"
#include "base/result.hpp"
#include "dialect/dialect.hpp"
#include "nginx/config/location_config.hpp"

namespace private_image {

// How long a signature is valid, in seconds.
struct SignatureLifetime {
    std::int64_t seconds = 0;
    std::int64_t window = 0;  // expiries are multiples of it; 0: any
};

// private_image_sign, as written.
struct SignSetting {
    Dialect dialect = Dialect::cloudflare;
    SignatureLifetime lifetime;
    bool acceptsRemoteClients = false;  // from=any
    Position position;
};

// private_image_signed, as written.
struct SignedVariable {
    ngx_str_t name{};  // without "$"
    Dialect dialect = Dialect::cloudflare;
    SignatureLifetime lifetime;
    ngx_http_complex_value_t* value = nullptr;
};

// A location's prefix and keys. Locations that inherit the same keys share their rings.
struct Signer {
    std::string prefix;                                // begins and ends with "/"; empty: not set
    std::array<const KeyRing*, dialectCount> rings{};  // by Dialect; null if not needed

    // Signs with the primary key, else the last. The error is a sentence for the client.
    Result<std::string, std::string> sign(Dialect dialect, std::string_view url,
                                          std::int64_t expires) const;
};

// The key rings of the whole configuration.
struct SigningRings {
    std::array<bool, dialectCount> isNeededByVariables{};
    std::map<std::pair<const std::vector<KeySetting>*, Dialect>, std::unique_ptr<KeyRing>> rings;
};

// The [emerg] for a location that cannot have private_image_sign; empty if it can.
std::string errorInSigning(const LocationConfig& location, const ngx_http_core_loc_conf_t& core);

// For a location that is merged and whose gate is compiled. Null if it has no keys, or if neither
// its endpoint nor a variable signs. Throws std::bad_alloc.
Signer* makeSigner(ngx_pool_t* pool, const LocationConfig& location, const MainConfig& main);

}  // namespace private_image
