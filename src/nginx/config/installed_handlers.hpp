// The functions of higher layers that directives install. module.cpp defines them, so that the
// configuration includes none of those layers.
#pragma once

#include "nginx/host/ngx.hpp"

namespace private_image {

struct InstalledHandlers {
    ngx_http_handler_pt status;                  // content handler of private_image_status
    ngx_http_get_variable_pt getSignedVariable;  // `data` is a SignedVariable
};

extern const InstalledHandlers installedHandlers;

// True for a location with private_image_status.
inline bool isStatusLocation(const ngx_http_core_loc_conf_t& core) {
    return core.handler == installedHandlers.status;
}

}  // namespace private_image
