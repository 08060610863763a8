// Tries a folder as a store, in the configuration's time, as the user of the workers.
#pragma once

#include <string>

#include "nginx/host/ngx.hpp"

namespace private_image {

// Why the workers cannot store in the folder; empty: they can. Leaves no trace.
std::string whyNoStoreForWorkers(ngx_conf_t* cf, const std::string& folder);

}  // namespace private_image
