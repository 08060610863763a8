#include "nginx/original/origin_judgement.hpp"

#include "nginx/request/image_mark.hpp"

namespace private_image {
namespace {

const OriginState* knownOf(const Source& source) {
    const std::optional<OriginState>& known =
        source.known ? source.known : source.remembered.originState;
    return known ? &*known : nullptr;
}

// NGINX redirects a folder that is named without its slash, and refuses one without an index.
bool isFolderAnswer(ngx_http_request_t* r, ngx_uint_t status) {
    const bool isStatic = r->upstream == nullptr && r->content_handler == nullptr;
    const bool isNamedAsFolder = r->uri.len != 0 && r->uri.data[r->uri.len - 1] == '/';
    return isStatic && isInContentPhase(r) &&
           (status == NGX_HTTP_MOVED_PERMANENTLY ||
            (status == NGX_HTTP_FORBIDDEN && isNamedAsFolder));
}

}  // namespace

RequestAccess accessOf(const RequestContext& context) {
    const Gate& gate = context.gate;
    return {gate.policy,    context.access.signature, gate.unmarked,    gate.readerDigest,
            gate.markValid, gate.lifetime.fallback,   context.arrivedAt};
}

JudgedImage judgedImage(const Source& source) {
    return {source.requestKind, source.gateMark, knownOf(source), source.observedAt};
}

OriginAnswer readOriginAnswer(const RequestContext& context, ngx_http_request_t* r,
                              ngx_uint_t status, const AnswerHeaders& headers,
                              const RedirectFacts& redirect, const FileFacts& file) {
    OriginAnswer answer;
    answer.status = static_cast<unsigned>(status);
    answer.isHttp = !isAnsweredWithoutHeaders(context, r);
    answer.redirectHeadersLost = redirect.headersLost;
    answer.isNginxTimeout = r->upstream == nullptr || r->upstream->headers_in.status_n != status;
    answer.isFolder = isFolderAnswer(r, status);
    answer.isReachableAroundGate = isReachableAroundGate(r);
    if (answer.isReachableAroundGate) {
        answer.reachableDetail = reachableDetail(r);
    }
    answer.mark =
        combine(file.mark, readMarkOfAnswer(context, r, redirect.mark, answer.markFailed));
    answer.revision = revisionOfFile(revisionOf(headers.etag, headers.lastModifiedTime), file);
    answer.lifetime = lifetimeForCache(headers, headers.ignored);
    answer.hasLifetime = hasLifetime(headers) || headers.accelExpires.has_value();
    answer.age = headers.age;
    answer.observedAt = nowInMilliseconds();
    return answer;
}

ngx_uint_t statusOfError(const RequestContext& context, const ngx_http_request_t* r) {
    if (hasNewUpstream(context, r) &&
        r->upstream->headers_in.status_n >= NGX_HTTP_SPECIAL_RESPONSE) {
        return r->upstream->headers_in.status_n;
    }
    return r->err_status >= NGX_HTTP_SPECIAL_RESPONSE ? r->err_status
                                                      : ngx_uint_t{NGX_HTTP_NOT_FOUND};
}

OriginState SharedKnowledge::remember(const OriginState& state) {
    return storeOriginState(source_.image, state, requestedAt_, context_.r->connection->log);
}

void SharedKnowledge::rememberMissing() {
    storeMissing(source_.image, nowInMilliseconds() + context_.gate.missingValid, requestedAt_,
                 context_.r->connection->log);
}

}  // namespace private_image
