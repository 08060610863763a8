#include "nginx/s3_origin/answer.hpp"

#include <algorithm>

#include "nginx/s3_origin/s3_module.hpp"
#include "s3/error_code.hpp"

namespace private_image {
namespace {

constexpr std::size_t maxErrorBody = 4096;
constexpr std::size_t maxTailSize = 64 << 10;

}  // namespace

void StorageError::read(ngx_buf_t* buffer) {
    const auto length = static_cast<std::size_t>(ngx_buf_size(buffer));
    const std::size_t kept =
        ngx_buf_in_memory(buffer) ? std::min(length, maxErrorBody - body_.size()) : 0;
    body_.append(reinterpret_cast<const char*>(buffer->pos), kept);
    skipped_ += length - kept;
    buffer->pos = buffer->last;
    buffer->file_pos = buffer->file_last;
}

// More is read than copied, so that the connection can be reused.
bool StorageError::isFull() const {
    return skipped_ > maxTailSize;
}

std::string StorageError::code() const {
    return storageErrorCode(body_);
}

bool isStorageError(ngx_http_request_t* r, ngx_uint_t status) {
    const ngx_http_upstream_t* upstream = r->upstream;
    if (s3Location(r)->setting == nullptr || upstream == nullptr || r->err_status != 0 ||
        status < NGX_HTTP_SPECIAL_RESPONSE || status == NGX_HTTP_NOT_MODIFIED ||
        upstream->headers_in.status_n != status) {
        return false;
    }
    // proxy_cache turns a HEAD into a GET, and drops the body.
    const bool isHead = r->method == NGX_HTTP_HEAD && upstream->method.len == 0;
    return !isHead && upstream->headers_in.content_length_n != 0;
}

bool isStorageErrorPage(ngx_http_request_t* r) {
    const S3Setting* setting = s3Location(r)->setting;
    return setting != nullptr && setting->isOfLocation && r->upstream != nullptr &&
           r->upstream->headers_in.status_n >= NGX_HTTP_SPECIAL_RESPONSE;
}

}  // namespace private_image
