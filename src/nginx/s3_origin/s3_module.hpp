// private_image_s3 of a location: with what the requests to its origin are signed. Knows no
// answers.
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
    std::string path;  // what stands before every object's, escaped; path style: /bucket
    std::string region, profile;
    CredentialsFile credentials;
    Position position;
    bool isOfLocation = false;  // written in a location, not above all
};

struct S3Location {
    S3Setting* setting;    // null: none, or off
    ngx_array_t* headers;  // proxy_set_header as written for the location; null: none
    bool signsByItself;    // with headers of ours beside these
};

inline S3Location* s3Location(ngx_http_request_t* r) {
    return static_cast<S3Location*>(r->loc_conf[ngx_http_private_image_s3_module.ctx_index]);
}

}  // namespace private_image
