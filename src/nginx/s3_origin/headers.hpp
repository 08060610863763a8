// Lets proxy_pass send the signature: as if proxy_set_header lines stood in the location. Knows no
// requests.
#pragma once

#include "nginx/s3_origin/s3_module.hpp"

namespace private_image {

// proxy_set_header as it was written in the block that `cf` stands for, before proxy's own merge;
// null where nothing was written, or where this NGINX has no proxy module.
ngx_array_t* writtenProxyHeaders(ngx_conf_t* cf);

// For the merge of a location, before proxy's own: adds our headers where private_image_s3 is in
// force by a location's own line. They stand for those that were written with the same names:
// what is signed must be what is sent.
void addSigningHeaders(ngx_conf_t* cf, S3Location& location, const S3Location& parent);

}  // namespace private_image
