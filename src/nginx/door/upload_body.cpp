#include "nginx/door/upload_body.hpp"

#include "nginx/door/door_call.hpp"
#include "nginx/host/log.hpp"

namespace private_image {
namespace {

ngx_http_request_body_filter_pt nextFilter;

// NGINX takes an emptied buffer back, and reads the next bytes into it.
bool feedAll(DoorCall& call, ngx_chain_t* in) {
    for (; in != nullptr; in = in->next) {
        ngx_buf_t& buffer = *in->buf;
        const auto length = static_cast<std::size_t>(buffer.last - buffer.pos);
        if (length != 0 && !call.feed({reinterpret_cast<const char*>(buffer.pos), length})) {
            return false;
        }
        buffer.pos = buffer.last;
    }
    return true;
}

// The last buffer, which ends the body and which NGINX must see. For the others, which are empty,
// it would make a temporary file, and call pwrite() once for each.
ngx_chain_t* lastOf(ngx_chain_t* in) {
    while (in != nullptr && !in->buf->last_buf) {
        in = in->next;
    }
    return in;
}

// NGX_AGAIN makes NGINX read no more, and wait for what the call does: it answers from an event
// of its own. Any status would be answered with NGINX's page.
ngx_int_t filterRequestBody(ngx_http_request_t* r, ngx_chain_t* in) {
    DoorCall* call = doorCallOf(r);
    if (call == nullptr) {
        return nextFilter(r, in);
    }
    try {
        return feedAll(*call, in) ? nextFilter(r, lastOf(in)) : ngx_int_t{NGX_AGAIN};
    } catch (...) {
        logException(r->connection->log, "reading a call");
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
}

}  // namespace

void addRequestBodyFilter() {
    nextFilter = ngx_http_top_request_body_filter;
    ngx_http_top_request_body_filter = filterRequestBody;
}

}  // namespace private_image
