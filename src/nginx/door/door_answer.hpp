// The answers of a door, in the shape of its service.
#pragma once

#include <string>

#include "nginx/door/door.hpp"
#include "nginx/host/ngx.hpp"
#include "upload/outcome.hpp"

namespace private_image {

// Sends a JSON text as a whole answer with the headers that the service's clients look for. Returns
// what the request is finalized with. Throws std::bad_alloc.
ngx_int_t sendJson(ngx_http_request_t* r, ngx_uint_t status, const std::string& json);

// The header of an answer with an image's bytes; `type` may be empty.
ngx_int_t sendBytesHeader(ngx_http_request_t* r, std::string_view type, std::uint64_t bytes);

// The bytes of an answer, from a file that stays open as long as the request lives.
ngx_int_t sendFile(ngx_http_request_t* r, int descriptor, std::uint64_t bytes);

// Sends 204 with the headers of sendJson().
ngx_int_t sendNoContent(ngx_http_request_t* r);

// Logs and sends a refusal. `isSentToStore`: the store may hold the image all the same.
ngx_int_t sendUploadError(ngx_http_request_t* r, const Door& door, const upload::UploadError& error,
                          bool isSentToStore);

}  // namespace private_image
