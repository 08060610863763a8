// Signs URLs as the clients of either service do. What it is asked for, and by whom, is left to the
// callers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "access/key_ring.hpp"
#include "base/result.hpp"
#include "dialect/dialect.hpp"

namespace private_image {

// `url`, absolute (http or https) or a path, with its signature, byte for byte as the service's own
// client writes it. `prefix`: what its path has to begin with, as private_image_prefix; begins and
// ends with "/". `key`: the index in `keys`, which are of digestOf(dialect). `expires` in unix
// seconds; 0: never. The error is a sentence for whoever wants it signed: not below the prefix,
// signed already, too long, or what no gate would serve.
Result<std::string, std::string> signUrl(Dialect dialect, std::string_view url,
                                         std::string_view prefix, const KeyRing& keys,
                                         std::size_t key, std::int64_t expires);

// `now` plus `lifetime`, rounded up to a multiple of `window`, so that all URLs that are signed
// within one window are the same; 0: not rounded. All in seconds.
std::int64_t expiryOf(std::int64_t now, std::int64_t lifetime, std::int64_t window);

}  // namespace private_image
