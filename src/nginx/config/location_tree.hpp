// All locations of a server, in the order in which NGINX searches them.
#pragma once

#include <deque>
#include <span>

#include "nginx/config/location_config.hpp"
#include "nginx/host/ngx.hpp"

namespace private_image {

struct LocationNode {
    const ngx_http_core_loc_conf_t* core = nullptr;
    const LocationNode* outer = nullptr;  // the location that this one is nested in; may be null
    bool isPrefix = false;  // found by its name: neither a regular expression nor named

    // The settings of a module there.
    void* settings(const ngx_module_t& module) const { return core->loc_conf[module.ctx_index]; }
    const LocationConfig& config() const {
        return *static_cast<const LocationConfig*>(settings(ngx_http_private_image_module));
    }
};

// Once NGINX has built its trees: after all locations are merged. Pointers into it stay valid.
std::deque<LocationNode> locationsOf(const ngx_http_core_srv_conf_t& server);

// The regular expressions that NGINX tries at the level of `node`: those of its server, or of the
// location that it is nested in. The list ends with a null pointer; null if it is empty.
ngx_http_core_loc_conf_t** regexesBeside(const ngx_http_core_srv_conf_t& server,
                                         const LocationNode& node);

// All servers of the http block.
std::span<ngx_http_core_srv_conf_t*> serversOf(ngx_conf_t* cf);

}  // namespace private_image
