// A request of a door to its bucket, as the signing variables know it. Only such a request may
// change the bucket: of all others, GET and HEAD alone are signed.
#pragma once

#include <string>

#include "nginx/s3_origin/s3_module.hpp"

namespace private_image {

struct BucketCall {
    std::string contentSha256;  // of the body, in lower-case hex
};

// Null where `r` is no such request. NGINX forgets it where an internal redirect leads the request
// elsewhere.
inline BucketCall* bucketCallOf(ngx_http_request_t* r) {
    return static_cast<BucketCall*>(ngx_http_get_module_ctx(r, ngx_http_private_image_s3_module));
}

inline void setBucketCall(ngx_http_request_t* r, BucketCall& call) {
    ngx_http_set_ctx(r, &call, ngx_http_private_image_s3_module);
}

}  // namespace private_image
