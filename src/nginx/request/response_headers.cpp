#include "nginx/request/response_headers.hpp"

#include <algorithm>
#include <utility>

#include "access/answer_lifetime.hpp"
#include "access/content_disposition.hpp"
#include "access/early_refusal.hpp"
#include "base/ascii.hpp"
#include "dialect/dialect.hpp"
#include "nginx/host/added_headers.hpp"
#include "nginx/host/answer_headers.hpp"
#include "nginx/host/pool.hpp"
#include "nginx/request/image_mark.hpp"

namespace private_image {
namespace {

// ------------------------------------------------------------------ single headers

// A header's name in lower case, without an allocation: this is asked of every header of every
// answer. No name that is looked for is as long as the buffer, where longer ones are cut.
class LowerCaseName {
public:
    explicit LowerCaseName(const ngx_str_t& name)
        : length_(std::min<std::size_t>(name.len, sizeof(text_))) {
        ngx_strlow(reinterpret_cast<u_char*>(text_), name.data, length_);
    }
    std::string_view view() const { return {text_, length_}; }

private:
    char text_[192];
    std::size_t length_;
};

// Removes the headers whose lower-case name `matches`, and hands each to `onRemoved` first.
template <typename Matches, typename OnRemoved>
void removeHeaders(ngx_http_request_t* r, Matches matches, OnRemoved onRemoved) {
    forEach<ngx_table_elt_t>(r->headers_out.headers, [&](ngx_table_elt_t& header) {
        if (header.hash != 0 && matches(LowerCaseName(header.key).view())) {
            onRemoved(header);
            header.hash = 0;
        }
        return true;
    });
}

template <typename Matches>
void removeHeaders(ngx_http_request_t* r, Matches matches) {
    removeHeaders(r, matches, [](const ngx_table_elt_t&) {});
}

bool hasHeader(ngx_http_request_t* r, std::string_view lowerCaseName) {
    bool isThere = false;
    forEach<ngx_table_elt_t>(r->headers_out.headers, [&](ngx_table_elt_t& header) {
        isThere = header.hash != 0 && LowerCaseName(header.key).view() == lowerCaseName;
        return !isThere;
    });
    return isThere;
}

// All values, joined.
std::string cacheControlOf(ngx_http_request_t* r) {
    std::string joined;
    forEach<ngx_table_elt_t>(r->headers_out.headers, [&](ngx_table_elt_t& header) {
        if (header.hash != 0 && LowerCaseName(header.key).view() == "cache-control") {
            joined += (joined.empty() ? "" : ", ") + std::string(view(header.value));
        }
        return true;
    });
    return joined;
}

}  // namespace

void setHeader(ngx_http_request_t* r, std::string_view name, std::string_view value) {
    const LowerCaseName lower(borrow(name));
    removeHeaders(r, [&](std::string_view other) { return other == lower.view(); });
    addHeader(r, name, value);
}

void addDisposition(RequestContext& context) {
    const ParsedRequest& parsed = *context.target.parsed;
    if (parsed.attachment) {
        setHeader(context.r, "Content-Disposition",
                  attachmentDisposition(parsed.attachmentFilename));
    }
}

bool makesEntityTags(const RequestContext& context) {
    const auto* core = static_cast<ngx_http_core_loc_conf_t*>(
        context.gateLocations[ngx_http_core_module.ctx_index]);
    return core->etag != 0;
}

namespace {

// ------------------------------------------------------------------ kinds of headers

bool isRasterImage(ngx_http_request_t* r) {
    const std::string type = toLowerCase(view(r->headers_out.content_type));
    return type.starts_with("image/") && !type.starts_with("image/svg");
}

// ------------------------------------------------------------------ lifetimes

bool isLifetime(std::string_view name) {
    return name == "cache-control" || name == "expires";
}

// Headers that speak to particular caches only; none may outlive a grant.
bool isSpecialLifetime(std::string_view name) {
    return name == "pragma" || name == "surrogate-control" || name == "edge-control" ||
           name == "x-accel-expires" || name.ends_with("cdn-cache-control");
}

// Removes Cache-Control and Expires from the answer.
CachingHeaders takeLifetimeHeaders(ngx_http_request_t* r) {
    CachingHeaders taken;
    removeHeaders(r, isLifetime, [&](const ngx_table_elt_t& header) {
        if (LowerCaseName(header.key).view() == "expires") {
            const time_t at = ngx_parse_http_time(header.value.data, header.value.len);
            taken.expires = at == NGX_ERROR ? -1 : at - ngx_time();
        } else {
            taken.cacheControl += (taken.cacheControl.empty() ? "" : ", ");
            taken.cacheControl += view(header.value);
        }
    });
    return taken;
}

// NGINX has put the operator's directives over what the origin sent of an original: `expires`
// replaces it, add_header is added to it. A derivative is treated alike.
OriginLifetime takeLifetime(RequestContext& context) {
    const bool isReplaced = context.r->headers_out.expires != nullptr;
    const CachingHeaders written = takeLifetimeHeaders(context.r);
    const AnswerState& answer = context.answer;
    return answer.derivativeLifetime
               ? derivativeLifetime(written, isReplaced, *answer.derivativeLifetime)
               : originalLifetime(written, answer.originLifetime);
}

void limitLifetime(RequestContext& context) {
    ngx_http_request_t* r = context.r;
    LifetimeRequest request;
    request.reason = *context.access.reason;
    const bool isSigned = request.reason == Reason::signedUrl;
    const std::int64_t signatureExpires = context.access.signature.expires;
    if (isSigned && signatureExpires != 0) {
        request.grantLeft = std::max<std::int64_t>(0, signatureExpires - ngx_time());
    }
    if (context.answer.derivativeLifetime) {
        request.fallback = context.answer.derivativeLifetime->fallback;
    }
    request.sharedCacheAllowed = context.gate.sharedCacheAllowed;
    request.isForRequester = r->headers_in.authorization != nullptr || context.access.isPersonal;
    const std::string value = clientCacheControl(takeLifetime(context), request);
    if (isSigned) {
        removeHeaders(r, isSpecialLifetime);
    }
    if (!value.empty()) {
        addHeader(r, "Cache-Control", value);
    }
}

// ------------------------------------------------------------------ refusals

void addRefusalHeaders(const RequestContext& refused, ngx_http_request_t* r) {
    const Reason reason = shownReason(refused);
    removeHeaders(r, isLifetime);
    removeHeaders(r, isSpecialLifetime);
    addHeader(r, "Cache-Control", "no-store");
    if (const auto header = errorHeaderOf(reason, refused.gate.dialect)) {
        setHeader(r, header->name, header->value);
    }
    if (reason == Reason::busy) {
        setHeader(r, "Retry-After", "1");
    }
}

}  // namespace

bool looksMissing(const Gate& gate, Reason reason) {
    return looksMissing(reason, gate.deniedStatus == NGX_HTTP_NOT_FOUND);
}

bool isHidden(const RequestContext& context) {
    return context.access.isRefused && context.gate.deniedStatus == NGX_HTTP_NOT_FOUND &&
           shownReason(context) == Reason::notFound;
}

Reason shownReason(const RequestContext& context) {
    return looksMissing(context.gate, *context.access.reason) ? Reason::notFound
                                                              : *context.access.reason;
}

void finishOriginalHeader(RequestContext& context) {
    ngx_http_request_t* r = context.r;
    context.answer.originLifetime = readOriginLifetime(cacheControlOf(r), std::nullopt);
    useAddedHeadersOf(r, context.gateLocations);
    if (r->upstream == nullptr && !makesEntityTags(context)) {
        ngx_http_clear_etag(r);
    }
    if (!isRasterImage(r) && r->headers_out.status != NGX_HTTP_NOT_MODIFIED &&
        !hasHeader(r, "content-security-policy")) {
        addHeader(r, "Content-Security-Policy", "sandbox");
    }
    addDisposition(context);
}

namespace {

void addVary(RequestContext& context) {
    std::string names = context.target.isNegotiated ? "Accept" : "";
    for (const std::string_view name : context.target.hintsUsed.vary) {
        names += (names.empty() ? "" : ", ") + std::string(name);
    }
    if (!names.empty()) {
        addHeader(context.r, "Vary", names);
    }
}

constexpr std::string_view earlyPrivateValue = "private";

// Nothing of what announcePrivate() wrote is the origin's; `expires` may have taken its place.
void withdrawPrivate(RequestContext& context) {
    ngx_table_elt_t* header = std::exchange(context.answer.earlyPrivate, nullptr);
    if (header != nullptr && view(header->value) == earlyPrivateValue) {
        header->hash = 0;
    }
}

}  // namespace

void removeTrailers(RequestContext& context) {
    forEach<ngx_table_elt_t>(context.r->headers_out.trailers, [&](ngx_table_elt_t& trailer) {
        if (isOriginsOwnHeader(LowerCaseName(trailer.key).view(), context.gate)) {
            trailer.hash = 0;
        }
        return true;
    });
}

void finishHeader(RequestContext& context) {
    ngx_http_request_t* r = context.r;
    removeHeaders(r, [&](std::string_view name) {
        return isOriginsOwnHeader(name, context.gate) || name == "x-content-type-options";
    });
    addHeader(r, "X-Content-Type-Options", "nosniff");
    addVary(context);
    if (const RequestContext* refused = refusalOf(context)) {
        addRefusalHeaders(*refused, r);
        return;
    }
    withdrawPrivate(context);
    switch (r->headers_out.status) {
        case NGX_HTTP_OK:
        case NGX_HTTP_PARTIAL_CONTENT:
        case NGX_HTTP_NOT_MODIFIED:
            if (context.access.reason) {
                limitLifetime(context);
                return;
            }
            break;
        default:
            break;
    }
    removeHeaders(r, isLifetime);
    addHeader(r, "Cache-Control",
              context.access.reason && context.answer.originLifetime.noTransform
                  ? "no-store, no-transform"
                  : "no-store");
}

void announcePrivate(RequestContext& context) {
    ngx_http_request_t* r = context.r;
    ngx_table_elt_t* header = addHeader(r, "Cache-Control", earlyPrivateValue);
    context.answer.earlyPrivate = header;
#if (nginx_version < 1023000)
    ngx_array_t& lines = r->headers_out.cache_control;
    if (lines.elts == nullptr &&
        ngx_array_init(&lines, r->pool, 1, sizeof(ngx_table_elt_t*)) != NGX_OK) {
        throw std::bad_alloc();
    }
    auto* line = static_cast<ngx_table_elt_t**>(ngx_array_push(&lines));
    if (line == nullptr) {
        throw std::bad_alloc();
    }
    *line = header;
#else
    ngx_table_elt_t** line = &r->headers_out.cache_control;
    while (*line != nullptr) {
        line = &(*line)->next;
    }
    *line = header;
#endif
}

}  // namespace private_image
