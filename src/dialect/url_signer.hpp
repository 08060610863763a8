// Signs URLs as the services' own clients do.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "access/key_ring.hpp"
#include "base/result.hpp"
#include "dialect/dialect.hpp"

namespace private_image {

// Returns `url` with its signature, byte for byte as the service's own client writes it. `url`:
// absolute (http or https) or a path. `prefix`: the required beginning of the path, as
// private_image_prefix; begins and ends with "/". `key`: the index in `keys`, which must be made
// for digestOf(dialect). `expires`: unix seconds; 0: never. The error is a sentence for the person
// who wants the URL signed: not below the prefix, already signed, too long, or a gate would refuse
// it.
Result<std::string, std::string> signUrl(Dialect dialect, std::string_view url,
                                         std::string_view prefix, const KeyRing& keys,
                                         std::size_t key, std::int64_t expires);

// `now` plus `lifetime`, rounded up to a multiple of `window`, so that URLs that are signed within
// one window are equal; 0: not rounded. All in seconds.
std::int64_t expiryOf(std::int64_t now, std::int64_t lifetime, std::int64_t window);

}  // namespace private_image
