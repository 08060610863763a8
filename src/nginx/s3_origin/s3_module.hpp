// private_image_s3 of a location: how requests to its origin are signed.
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
    std::string host;  // as the Host header carries it
    std::string path;  // before the path of every object, escaped; path style: /bucket
    std::string region, profile;
    CredentialsFile credentials;
    Position position;
    bool isOfLocation = false;  // written in a location, not in server or http
};

struct S3Location {
    S3Setting* setting;    // null: not set, or off
    ngx_array_t* headers;  // the location's own proxy_set_header lines; null: it has none
    bool signsByItself;    // the headers of the signature were added to these
};

inline S3Location* s3Location(ngx_http_request_t* r) {
    return static_cast<S3Location*>(r->loc_conf[ngx_http_private_image_s3_module.ctx_index]);
}

}  // namespace private_image
