// $private_image_upload, $private_image_upload_path and $private_image_upload_bytes.
#pragma once

#include "nginx/host/ngx.hpp"

namespace private_image {

ngx_int_t addUploadVariables(ngx_conf_t* cf);

}  // namespace private_image
