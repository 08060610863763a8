// The file that NGINX's static module sends as an answer, from a folder named by root or alias.
#pragma once

#include "folder_store/file_mark.hpp"
#include "nginx/request/request.hpp"

namespace private_image {

// What the file states of its image, for the header filter: read from the descriptor that the
// static module has just opened, in the pool of the request or in the location's open_file_cache.
// Without a mark if the answer comes from no file, or private_image_file_mark is off. Call it
// before any variable is evaluated: that may change the captures that root and alias are made of.
FileFacts readServedFile(const RequestContext& context, ngx_http_request_t* r);

}  // namespace private_image
