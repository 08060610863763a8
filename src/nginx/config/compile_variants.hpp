// Compiles the variants of a gate.
#pragma once

#include <string>
#include <string_view>

#include "nginx/config/location_config.hpp"

namespace private_image {

// Fills `gate.variants`. Returns NGX_CONF_OK, or NGX_CONF_ERROR with an [emerg]; may throw.
char* compileVariants(ngx_conf_t* cf, const LocationConfig& location, Gate& gate);

// The [emerg] of a variant's invalid OPTIONS.
std::string invalidOptionsText(std::string_view variant, std::string_view options,
                               const ParseError& error);

}  // namespace private_image
