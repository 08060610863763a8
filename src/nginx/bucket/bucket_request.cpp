// A subrequest runs in the background of the client's request: that NGINX does not end it when the
// client leaves, so that what was begun at the bucket is brought to its end. Only what is sent to
// the client runs in its foreground.
#include "nginx/bucket/bucket_request.hpp"

#include <algorithm>
#include <utility>

#include "access/digest.hpp"
#include "base/ascii.hpp"
#include "nginx/host/log.hpp"
#include "nginx/host/pool.hpp"
#include "nginx/request/image_mark.hpp"
#include "nginx/request/request_rewriting.hpp"

namespace private_image {
namespace {

struct MethodName {
    ngx_uint_t number;
    ngx_str_t name;
};

MethodName nameOf(BucketMethod method) {
    switch (method) {
        case BucketMethod::head:
            break;
        case BucketMethod::put:
            return {NGX_HTTP_PUT, ngx_string("PUT")};
        case BucketMethod::remove:
            return {NGX_HTTP_DELETE, ngx_string("DELETE")};
        case BucketMethod::get:
            return {NGX_HTTP_GET, ngx_string("GET")};
    }
    return {NGX_HTTP_HEAD, ngx_string("HEAD")};
}

// Of an object, beside its bytes.
bool isKeptByCopies(std::string_view name) {
    constexpr std::string_view known[] = {"content-type",        "cache-control",
                                          "content-disposition", "content-encoding",
                                          "content-language",    "expires"};
    const std::string lower = toLowerCase(name);
    return lower.starts_with("x-amz-meta-") || std::ranges::find(known, lower) != std::end(known);
}

// None of the client's.
void setHeaders(ngx_http_request_t* sr, const std::string& host,
                const std::vector<MetadataHeader>& headers) {
    sr->headers_in = {};
    ngx_http_headers_in_t& in = sr->headers_in;
    const bool isMade = ngx_list_init(&in.headers, sr->pool, 16, sizeof(ngx_table_elt_t)) == NGX_OK;
#if (nginx_version < 1023000)
    if (ngx_array_init(&in.cookies, sr->pool, 1, sizeof(ngx_table_elt_t*)) != NGX_OK) {
        throw std::bad_alloc();
    }
#endif
    in.content_length_n = -1;
    in.keep_alive_n = -1;
    in.server = copyInto(sr->pool, host);
    if (!isMade || addRequestHeader(sr, "Host", host) != NGX_OK) {
        throw std::bad_alloc();
    }
    in.host = static_cast<ngx_table_elt_t*>(in.headers.part.elts);
    for (const MetadataHeader& header : headers) {
        if (addRequestHeader(sr, header.name, header.value) != NGX_OK) {
            throw std::bad_alloc();
        }
    }
}

void setVariables(ngx_http_request_t* sr) {
    const auto* core = static_cast<ngx_http_core_main_conf_t*>(
        ngx_http_get_module_main_conf(sr, ngx_http_core_module));
    sr->variables = static_cast<ngx_http_variable_value_t*>(
        ngx_pcalloc(sr->pool, core->variables.nelts * sizeof(ngx_http_variable_value_t)));
    if (sr->variables == nullptr) {
        throw std::bad_alloc();
    }
}

// Of a subrequest for which there was no memory.
ngx_int_t ignoreEnd(ngx_http_request_t*, void*, ngx_int_t) {
    return NGX_OK;
}

void endUnprepared(ngx_http_request_t* sr) {
    ngx_http_finalize_request(sr, NGX_OK);
}

template <typename T>
T& allocateZeroed(ngx_pool_t* pool) {
    void* room = ngx_pcalloc(pool, sizeof(T));
    if (room == nullptr) {
        throw std::bad_alloc();
    }
    return *static_cast<T*>(room);
}

}  // namespace

bool isSuccess(const BucketAnswer& answer) {
    return answer.isOfStore && answer.status >= NGX_HTTP_OK &&
           answer.status < NGX_HTTP_SPECIAL_RESPONSE;
}

bool isMissingObject(const BucketAnswer& answer) {
    return answer.isOfStore && answer.status == NGX_HTTP_NOT_FOUND;
}

bool isUnknownAnswer(const BucketAnswer& answer) {
    return !answer.isOfStore || (answer.status >= NGX_HTTP_INTERNAL_SERVER_ERROR &&
                                 answer.status != NGX_HTTP_NOT_IMPLEMENTED);
}

BucketRequest::BucketRequest(ngx_http_request_t* r, const Bucket& bucket) : r_(r), bucket_(bucket) {
    call_.owner = this;
    event_.data = this;
    event_.handler = onEvent;
    event_.log = r->connection->log;
}

BucketRequest::~BucketRequest() {
    if (event_.posted) {
        ngx_delete_posted_event(&event_);
    }
}

bool isBucketSubrequest(ngx_http_request_t* r) {
    return r != r->main && r->post_subrequest != nullptr &&
           (r->post_subrequest->handler == BucketRequest::onFinalized ||
            r->post_subrequest->handler == BucketRequest::onSent);
}

BucketRequest* bucketRequestOf(ngx_http_request_t* r) {
    auto* call = static_cast<BucketRequest::Call*>(bucketCallOf(r));
    return call == nullptr ? nullptr : call->owner;
}

// ------------------------------------------------------------------ asking

void BucketRequest::setBody(ngx_http_request_t* sr, const BucketBody& body) {
    auto& file = allocateZeroed<ngx_file_t>(sr->pool);
    file.fd = body.descriptor;
    file.name = ngx_string("an upload");
    file.log = r_->connection->log;
    auto& buffer = allocateZeroed<ngx_buf_t>(sr->pool);
    buffer.in_file = 1;
    buffer.file = &file;
    buffer.file_last = body.size;
    buffer.last_buf = 1;
    auto& link = allocateZeroed<ngx_chain_t>(sr->pool);
    link.buf = &buffer;
    // NGINX sends the body again over another connection only if it takes it for a temporary file.
    auto& temporary = allocateZeroed<ngx_temp_file_t>(sr->pool);
    temporary.file = file;
    sr->request_body->temp_file = &temporary;
    sr->request_body->bufs = &link;
    bodySize_ = body.size;
}

void BucketRequest::prepare(ngx_http_request_t* sr, BucketMethod method,
                            const std::vector<MetadataHeader>& headers, const BucketBody* body) {
    const MethodName name = nameOf(method);
    sr->method = name.number;
    sr->method_name = name.name;
    sr->main_conf = bucket_.server->ctx->main_conf;
    sr->srv_conf = bucket_.server->ctx->srv_conf;
    sr->loc_conf = bucket_.server->ctx->loc_conf;
    sr->header_in = r_->header_in;
    sr->unparsed_uri = escapedUri(sr->pool, sr->uri);
    sr->valid_unparsed_uri = 0;
    ngx_str_null(&sr->args);
    sr->discard_body = 0;
    setHeaders(sr, bucket_.host, headers);
    setVariables(sr);
    sr->request_body = &allocateZeroed<ngx_http_request_body_t>(sr->pool);
    if (body != nullptr) {
        setBody(sr, *body);
    }
    call_.contentSha256 = body != nullptr ? body->sha256 : sha256Hex(std::string_view());
    setBucketCall(sr, call_);
}

// Null where NGINX refuses.
ngx_http_request_t* BucketRequest::makeSubrequest(const std::string& uri,
                                                  ngx_http_post_subrequest_pt ended,
                                                  ngx_uint_t flags, BucketMethod method,
                                                  const std::vector<MetadataHeader>& headers,
                                                  const BucketBody* body) {
    answer_ = {};
    bodySize_ = -1;
    auto& after = allocateZeroed<ngx_http_post_subrequest_t>(r_->pool);
    after.handler = ended;
    after.data = this;
    ngx_str_t path = copyInto(r_->pool, uri);
    ngx_http_request_t* sr = nullptr;
    if (ngx_http_subrequest(r_, &path, nullptr, &sr, &after, flags) != NGX_OK) {
        return nullptr;
    }
    try {
        prepare(sr, method, headers, body);
    } catch (...) {
        after.handler = ignoreEnd;
        sr->write_event_handler = endUnprepared;
        throw;
    }
    return sr;
}

bool BucketRequest::start(BucketMethod method, const std::string& uri,
                          const std::vector<MetadataHeader>& headers, const BucketBody* body) {
    if (makeSubrequest(uri, onFinalized, NGX_HTTP_SUBREQUEST_BACKGROUND, method, headers, body) ==
        nullptr) {
        return false;
    }
    ngx_http_run_posted_requests(r_->connection);
    return true;
}

bool BucketRequest::expectsBytes(const ngx_chain_t* in) {
    for (; in != nullptr && isSending(); in = in->next) {
        const auto size = static_cast<std::uint64_t>(ngx_buf_size(in->buf));
        if (size > unsent_) {
            return false;
        }
        unsent_ -= size;
    }
    return true;
}

ngx_int_t BucketRequest::send(const std::string& uri, std::string etag, std::uint64_t length) {
    sentEtag_ = std::move(etag);
    unsent_ = length;
    if (sentEtag_.empty() ||
        makeSubrequest(uri, onSent, 0, BucketMethod::get, {}, nullptr) == nullptr) {
        return NGX_ERROR;
    }
    return ngx_http_send_special(r_, NGX_HTTP_LAST);
}

void BucketRequest::enterContent(ngx_http_request_t* sr) const {
    sr->headers_in.content_length_n = bodySize_;
}

// ------------------------------------------------------------------ the answer

// NGINX sends nothing of it to the client, and reads no body but one that is sent.
ngx_int_t BucketRequest::filterHeader(ngx_http_request_t* sr) {
    sr->header_sent = 1;
    readHeader(sr);
    if (isSending()) {
        const bool isExpected = answer_.isOfStore && answer_.status == NGX_HTTP_OK &&
                                answer_.etag == sentEtag_ &&
                                answer_.length == static_cast<off_t>(unsent_);
        return isExpected ? NGX_OK : NGX_ERROR;
    }
    sr->header_only = 1;
    return NGX_OK;
}

void BucketRequest::readHeader(ngx_http_request_t* sr) {
    const ngx_http_upstream_t* upstream = sr->upstream;
    answer_.status = sr->headers_out.status;
    answer_.isOfStore = upstream != nullptr && upstream->headers_in.status_n == answer_.status;
    if (!answer_.isOfStore) {
        return;
    }
    answer_.mark = readFlagsOf(sr, *bucket_.gate);
    answer_.length = sr->headers_out.content_length_n;
    answer_.lastModified = sr->headers_out.last_modified_time;
    MetadataReader metadata;
    forEach<ngx_table_elt_t>(
        const_cast<ngx_list_t&>(upstream->headers_in.headers), [&](const ngx_table_elt_t& header) {
            metadata.add(view(header.key), view(header.value));
            if (isKeptByCopies(view(header.key))) {
                answer_.headers.push_back(
                    {toLowerCase(view(header.key)), std::string(view(header.value))});
            }
            return true;
        });
    answer_.details = metadata.details();
    if (const ngx_table_elt_t* etag = upstream->headers_in.etag) {
        answer_.etag = view(etag->value);
    }
}

// Of what was begun to be sent, no other answer can be made. NGINX takes a body that breaks off for
// whole, and answers NGX_AGAIN where a slow client has not got all of it yet.
ngx_int_t BucketRequest::onSent(ngx_http_request_t* sr, void* data, ngx_int_t rc) {
    const bool hasEnded = rc == NGX_OK || rc == NGX_AGAIN || rc == NGX_HTTP_OK;
    const bool isWhole = hasEnded && bucketRequestOf(sr) != nullptr &&
                         static_cast<BucketRequest*>(data)->unsent_ == 0;
    return isWhole ? rc : NGX_ERROR;
}

// An error page that the location may have is not wanted. NGINX calls it before it looks at the
// client's connection: where that has failed, the work at the bucket goes on, and the answer to the
// client fails later.
ngx_int_t BucketRequest::onFinalized(ngx_http_request_t* sr, void* data, ngx_int_t rc) {
    auto& request = *static_cast<BucketRequest*>(data);
    if (bucketRequestOf(sr) == nullptr) {
        request.answer_ = {};  // led elsewhere
    }
    if (request.answer_.status == 0) {
        request.answer_.status =
            rc >= NGX_HTTP_SPECIAL_RESPONSE ? static_cast<ngx_uint_t>(rc) : NGX_HTTP_BAD_GATEWAY;
        request.answer_.isOfStore =
            sr->upstream != nullptr && sr->upstream->headers_in.status_n == request.answer_.status;
    }
    request.hasClientLeft_ = sr->connection->error;
    sr->connection->error = 0;
    ngx_post_event(&request.event_, &ngx_posted_events);
    return NGX_OK;
}

// The callback may replace itself, or end the request and this object with it.
void BucketRequest::onEvent(ngx_event_t* event) {
    auto& request = *static_cast<BucketRequest*>(event->data);
    ngx_http_request_t* r = request.r_;
    ngx_log_t* log = r->connection->log;
    ngx_http_set_log_request(log, r);
    if (request.hasClientLeft_) {  // it may have failed since, too
        r->connection->error = 1;
    }
    try {
        std::exchange(request.finished, nullptr)();
    } catch (...) {
        logException(log, "reading the answer of a bucket");
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
    }
}

}  // namespace private_image
