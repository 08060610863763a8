// The $private_image_s3_… variables: path, date and signature of a request to S3.
#pragma once

#include "nginx/host/ngx.hpp"

namespace private_image {

ngx_int_t addS3Variables(ngx_conf_t* cf);

}  // namespace private_image
