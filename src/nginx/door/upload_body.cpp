#include "nginx/door/upload_body.hpp"

#include "nginx/door/door_call.hpp"
#include "nginx/host/log.hpp"

namespace private_image {
namespace {

ngx_http_request_body_filter_pt nextFilter;

// NGINX takes an emptied buffer back, and reads the next bytes into it. False: the call wants no
// more.
bool feedAll(DoorCall& call, ngx_chain_t* in) {
    for (; in != nullptr; in = in->next) {
        ngx_buf_t& buffer = *in->buf;
        const std::string_view bytes(reinterpret_cast<const char*>(buffer.pos),
                                     static_cast<std::size_t>(buffer.last - buffer.pos));
        buffer.pos = buffer.last;
        if (!bytes.empty()) {
            call.feed(bytes);
        }
    }
    return call.isReadingBody();
}

// The last buffer, which ends the body and which NGINX must see. For the others, which are empty,
// it would make a temporary file, and call pwrite() once for each.
ngx_chain_t* lastOf(ngx_chain_t* in) {
    while (in != nullptr && !in->buf->last_buf) {
        in = in->next;
    }
    return in;
}

// Not in this turn any more, although the event may be waiting in it already: a pause at that time
// would find it posted, and nothing would read the rest.
void postForNextTurn(ngx_event_t& event) {
    if (event.posted) {
        ngx_delete_posted_event(&event);
    }
    ngx_post_event(&event, &ngx_posted_next_events);
}

// NGINX reads a body until the socket is empty, which a fast client's is not for milliseconds, and
// with TLS not before the body ends. This gives the event loop back to other requests; the rest is
// read in its next turn. Returns what the filter returns.
ngx_int_t pauseReading(ngx_http_request_t* r) {
#if (NGX_HTTP_V2)
    if (r->stream != nullptr) {  // whose bytes in the connection's buffer must all be taken
        ngx_event_t& event = *r->stream->connection->connection->read;
        event.ready = 0;
        postForNextTurn(event);
        return NGX_OK;
    }
#endif
    postForNextTurn(*r->connection->read);
    return NGX_AGAIN;
}

bool canPause(ngx_http_request_t* r) {
#if (NGX_HTTP_V2)
    if (r->stream != nullptr) {
        const ngx_event_t& event = *r->stream->connection->connection->read;
        return event.ready != 0 || event.posted != 0;
    }
#endif
    // Before NGINX has made the buffer it handles what came with the headers, and could not go on.
    return r->request_body->buf != nullptr;
}

// NGX_AGAIN makes NGINX read no more, and wait. After a refusal the call answers from an event of
// its own: any status would be answered with NGINX's page.
ngx_int_t filterRequestBody(ngx_http_request_t* r, ngx_chain_t* in) {
    DoorCall* call = doorCallOf(r);
    if (call == nullptr) {
        return nextFilter(r, in);
    }
    try {
        if (!feedAll(*call, in)) {
            return NGX_AGAIN;
        }
        ngx_chain_t* last = lastOf(in);
        if (last == nullptr && canPause(r) && call->endsTurn()) {
            return pauseReading(r);
        }
        return nextFilter(r, last);
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
