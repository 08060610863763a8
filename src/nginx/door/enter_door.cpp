// The order of checks: route, method, content type, length, credential, room; then the body.
#include "nginx/door/enter_door.hpp"

#include "nginx/door/door.hpp"
#include "nginx/door/upload.hpp"
#include "nginx/host/answer_headers.hpp"
#include "nginx/host/log.hpp"
#include "nginx/host/pool.hpp"
#include "upload/form.hpp"
#include "upload/imagekit_api/credentials.hpp"
#include "upload/multipart.hpp"

namespace private_image {
namespace {

using upload::Outcome;
using upload::UploadError;

constexpr std::string_view uploadPath = "api/v1/files/upload";

std::string_view pathBelowDoor(ngx_http_request_t* r) {
    const auto* core = static_cast<ngx_http_core_loc_conf_t*>(
        ngx_http_get_module_loc_conf(r, ngx_http_core_module));
    std::string_view path = view(r->uri);
    path.remove_prefix(std::min(core->name.len, path.size()));
    path.remove_prefix(path.starts_with('/') ? 1 : 0);
    return path;
}

std::string_view valueOf(const ngx_table_elt_t* header) {
    return header == nullptr ? std::string_view() : view(header->value);
}

std::string limitText(const Door& door) {
    return "The file is larger than the limit of " + std::to_string(door.maxSize) + " bytes.";
}

// A text form of the file needs 4/3 of its bytes; the form has other fields besides.
bool isLengthTooLarge(const ngx_http_request_t* r, const Door& door) {
    const std::size_t max =
        door.maxSize + door.maxSize / 3 + upload::FormReader::maxTextBytes + (64 << 10);
    return r->headers_in.content_length_n > static_cast<off_t>(max);
}

Result<std::string, UploadError> checkRequest(ngx_http_request_t* r, const Door& door) {
    const std::string_view path = pathBelowDoor(r);
    if (path != uploadPath) {
        return Error{UploadError{Outcome::notServed, "This call is not served here."}};
    }
    if (r->method != NGX_HTTP_POST) {
        addHeader(r, "Allow", "POST");
        return Error{UploadError{Outcome::notServed, "Only POST is served for this path."}};
    }
    auto boundary = upload::boundaryOf(valueOf(r->headers_in.content_type));
    if (!boundary) {
        return Error{UploadError{Outcome::badField,
                                 "The request must be multipart/form-data with a boundary."}};
    }
    if (isLengthTooLarge(r, door)) {
        return Error{UploadError{Outcome::tooLarge, limitText(door)}};
    }
    const auto key = upload::checkBasicKey(valueOf(r->headers_in.authorization), *door.keys);
    if (!key) {
        return Error{key.error()};
    }
    if (door.uploads >= door.maxUploads) {
        return Error{UploadError{Outcome::busy, "Too many uploads at once, retry later."}};
    }
    return std::move(*boundary);
}

ngx_int_t answerDoor(ngx_http_request_t* r) {
    Door& door = *doorOf(r);
    auto* upload = makeInPool<Upload>(r->pool, r, door);
    ngx_http_set_ctx(r, upload, ngx_http_private_image_door_module);
    const auto boundary = checkRequest(r, door);
    return boundary ? upload->start(*boundary) : upload->refuseBeforeBody(boundary.error());
}

ngx_int_t handleDoor(ngx_http_request_t* r) {
    try {
        return answerDoor(r);
    } catch (...) {
        logException(r->connection->log, "taking an upload");
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
}

}  // namespace

// A subrequest has its parent's body.
ngx_int_t enterDoor(ngx_http_request_t* r) {
    if (r != r->main) {
        return NGX_HTTP_FORBIDDEN;
    }
    r->content_handler = handleDoor;
    return NGX_OK;
}

}  // namespace private_image
