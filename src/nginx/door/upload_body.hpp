// Passes the bodies of uploads on as they arrive, so that NGINX keeps none of them.
#pragma once

namespace private_image {

// In the configuration's time: installs the filter of request bodies.
void addRequestBodyFilter();

}  // namespace private_image
