#include "nginx/host/text_answer.hpp"

#include "nginx/host/pool.hpp"

namespace private_image {

ngx_int_t sendText(ngx_http_request_t* r, ngx_uint_t status, TextType type, std::string_view text) {
    const ngx_str_t body = copyInto(r->pool, text);
    r->headers_out.status = status;
    r->headers_out.content_length_n = static_cast<off_t>(body.len);
    r->headers_out.content_type = borrow(type.name);
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.charset = borrow(type.charset);
    const ngx_int_t rc = ngx_http_send_header(r);
    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }
    auto* buffer = static_cast<ngx_buf_t*>(ngx_calloc_buf(r->pool));
    if (buffer == nullptr) {
        return NGX_ERROR;
    }
    buffer->pos = body.data;
    buffer->last = body.data + body.len;
    buffer->memory = body.len > 0 ? 1 : 0;
    buffer->last_buf = 1;
    ngx_chain_t out{buffer, nullptr};
    return ngx_http_output_filter(r, &out);
}

}  // namespace private_image
