// Makes proxy_pass send the signature, as if the location had proxy_set_header lines for it.
#pragma once

#include "nginx/s3_origin/s3_module.hpp"

namespace private_image {

// The proxy_set_header lines of the current block, before proxy's own merge; null if it has no such
// lines, or if this NGINX has no proxy module.
ngx_array_t* writtenProxyHeaders(ngx_conf_t* cf);

// At the merge of a location, before proxy's own: adds the headers of the signature if the location
// itself has private_image_s3. They replace lines with the same names, because the signed headers
// must be the ones that are sent.
void addSigningHeaders(ngx_conf_t* cf, S3Location& location, const S3Location& parent);

}  // namespace private_image
