// Files of keys that directives name.
#pragma once

#include <optional>

#include "access/key_ring.hpp"
#include "nginx/host/ngx.hpp"

namespace private_image {

// Makes `name` a full path and reads the key in it. Warns of a key that ends in a blank and of a
// file that others may read. Empty after an [emerg], which calls the key by `kind`, such as
// "signing key".
std::optional<Key> readKeyFile(ngx_conf_t* cf, ngx_str_t* name, const char* kind);

}  // namespace private_image
