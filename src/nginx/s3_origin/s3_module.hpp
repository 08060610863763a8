// The settings of private_image_s3: how requests to a location's origin are signed.
#pragma once

#include <string>

#include "nginx/config/location_config.hpp"
#include "nginx/host/ngx.hpp"
#include "nginx/s3_origin/credentials.hpp"

extern "C" {
extern ngx_module_t ngx_http_private_image_s3_module;
}

namespace private_image {

struct S3Setting {
    std::string host;  // the value of the Host header
    std::string path;  // escaped, prepended to the path of every object; path style: /bucket
    std::string region, profile;
    CredentialsFile credentials;
    Position position;
    bool isOfLocation = false;  // written in a location, not in server or http
};

struct S3Location {
    S3Setting* setting;    // null: not set, or off
    ngx_array_t* headers;  // the location's proxy_set_header lines, written or inherited, or null
    bool signsByItself;    // `setting` was written in this location
};

inline S3Location* s3Location(ngx_http_request_t* r) {
    return static_cast<S3Location*>(r->loc_conf[ngx_http_private_image_s3_module.ctx_index]);
}

}  // namespace private_image
