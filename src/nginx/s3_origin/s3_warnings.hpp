// Warnings about credentials files that workers cannot read, and about locations that sign for any
// client.
#pragma once

#include <vector>

#include "nginx/s3_origin/s3_module.hpp"

namespace private_image {

struct S3Place {
    const S3Setting* setting;
    const ngx_http_core_loc_conf_t* core;
    const LocationConfig* location;
};

// Every location in which private_image_s3 is in force; the module's main configuration.
using S3Locations = std::vector<S3Place>;

void rememberLocation(ngx_conf_t* cf, const S3Setting& setting);

// [warn] for a credentials file that the workers cannot read, and for a location that any client
// can read the bucket through.
void warnOfLocations(ngx_cycle_t* cycle);

}  // namespace private_image
