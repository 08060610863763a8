// private_image_purge: voids everything that is known of one original.
#pragma once

#include "image_state/image_key.hpp"
#include "nginx/host/ngx.hpp"

namespace private_image {

// Voids the answers to all requests for the image that were sent up to now, also after a restart
// where derivatives are cached. `cache`: that of the gate, or null. False after a log line if the
// purge will be lost with a restart.
bool purgeImage(const ImageKey& image, const ngx_shm_zone_t* cache, ngx_log_t* log);

// PRECONTENT phase of a location with private_image_purge: replaces the location's content handler.
ngx_int_t enterPurge(ngx_http_request_t* r);

// Its content handler.
ngx_int_t handlePurge(ngx_http_request_t* r);

}  // namespace private_image
