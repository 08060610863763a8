// The request target as the client sent it.
#pragma once

#include <optional>
#include <string_view>

#include "nginx/host/ngx.hpp"
#include "nginx/host/pool.hpp"

namespace private_image {

// The rest of the target after the location's name, without a slash at its start: NGINX merges
// slashes and decodes escapes. Empty if the client spelled the location's name differently.
inline std::optional<std::string_view> targetBelowLocation(ngx_http_request_t* r) {
    const auto* core = static_cast<ngx_http_core_loc_conf_t*>(
        ngx_http_get_module_loc_conf(r, ngx_http_core_module));
    const std::string_view target = view(r->unparsed_uri);
    const std::string_view name = view(core->name);
    if (!target.starts_with(name)) {
        return std::nullopt;
    }
    std::string_view rest = target.substr(name.size());
    if (!name.ends_with('/') && rest.starts_with('/')) {
        rest.remove_prefix(1);
    }
    return rest;
}

}  // namespace private_image
