#include "nginx/request/response_headers.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "access/cache_lifetime.hpp"
#include "access/digest.hpp"
#include "base/ascii.hpp"
#include "base/encoding.hpp"
#include "dialect/dialect.hpp"
#include "nginx/host/added_headers.hpp"
#include "nginx/host/answer_headers.hpp"
#include "nginx/host/pool.hpp"
#include "nginx/original/origin_mark.hpp"
#include "transform/canonical.hpp"

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

void setHeader(ngx_http_request_t* r, std::string_view name, std::string_view value) {
    const LowerCaseName lower(borrow(name));
    removeHeaders(r, [&](std::string_view other) { return other == lower.view(); });
    addHeader(r, name, value);
}

// ------------------------------------------------------------------ kinds of headers

bool isRasterImage(ngx_http_request_t* r) {
    const std::string type = toLowerCase(view(r->headers_out.content_type));
    return type.starts_with("image/") && !type.starts_with("image/svg");
}

// RFC 6266: a plain name for old clients, the whole one percent-encoded.
std::string disposition(const ParsedRequest& parsed) {
    if (parsed.attachmentFilename.empty()) {
        return "attachment";
    }
    std::string plain = parsed.attachmentFilename;
    for (char& c : plain) {
        const bool isPlain = c >= ' ' && c < 0x7f && c != '"' && c != '\\' && c != '/' && c != '%';
        c = isPlain ? c : '_';
    }
    std::string encoded;
    for (const char c : parsed.attachmentFilename) {
        encoded += c == '/' ? std::string("%2F") : percentEncodePath(std::string_view(&c, 1));
    }
    return "attachment; filename=\"" + plain + "\"; filename*=UTF-8''" + encoded;
}

void addDisposition(RequestContext& context) {
    if (context.parsed->attachment) {
        setHeader(context.r, "Content-Disposition", disposition(*context.parsed));
    }
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

void shorten(OriginLifetime& lifetime, std::int64_t most) {
    const bool isSilent = !lifetime.maxAge && !lifetime.sharedMaxAge;
    if (lifetime.maxAge || isSilent) {
        lifetime.maxAge = std::min(lifetime.maxAge.value_or(most), most);
    }
    if (lifetime.sharedMaxAge) {
        lifetime.sharedMaxAge = std::min(*lifetime.sharedMaxAge, most);
    }
}

// Of a source of which the origin has said something else since the entry was made, no more is left
// than it allows now; nor of a default image than the original may be missing.
void shortenForSources(const RequestContext& context, OriginLifetime& lifetime) {
    for (std::size_t i = 0; context.isFromCache && i < context.sources.size(); i++) {
        const std::optional<OriginState>& known = context.sources[i].known;
        const OriginState& kept = context.record->sources[i].originState;
        if (known && (i != 0 || known->observedAt != kept.observedAt)) {
            shorten(lifetime, (known->freshUntil - known->observedAt + 999) / 1000);
        }
    }
    if (context.usesDefaultImage) {
        shorten(lifetime, context.gate.missingValid / 1000);
    }
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

// What is said of the answer's lifetime. NGINX has laid the operator's directives over what the
// origin said of an original: `expires` replaces it, add_header stands beside it. A derivative is
// treated alike. No directive of the operator removes the origin's no-transform and immutable.
OriginLifetime takeLifetime(RequestContext& context) {
    ngx_http_request_t* r = context.r;
    const bool isReplaced = r->headers_out.expires != nullptr;
    CachingHeaders said = takeLifetimeHeaders(r);
    const bool isOriginsAlone = said.cacheControl.empty() && !said.expires;
    if (context.record && !isReplaced) {
        said.cacheControl += (said.cacheControl.empty() ? "" : ", ");
        said.cacheControl += context.record->cacheControl;
        said.expires = said.expires ? said.expires : context.record->expires;
    }
    OriginLifetime lifetime = readOriginLifetime(said.cacheControl, said.expires);
    const OriginLifetime origin =
        context.record ? readOriginLifetime(context.record->cacheControl, std::nullopt)
                       : context.originLifetime;
    lifetime.noTransform = lifetime.noTransform || origin.noTransform;
    lifetime.immutable = lifetime.immutable || origin.immutable;
    if (context.record && isOriginsAlone) {
        shortenForSources(context, lifetime);
    }
    return lifetime;
}

// For a derivative where nothing names a lifetime to clients: no longer than our own cache keeps
// it.
std::int64_t fallbackOf(const RequestContext& context) {
    const std::int64_t fallback = context.gate.lifetime.fallback;
    const std::optional<std::int64_t> own =
        context.record ? context.record->accelExpires : std::nullopt;
    return own ? std::min(fallback, std::max<std::int64_t>(*own, 0)) : fallback;
}

void limitLifetime(RequestContext& context) {
    ngx_http_request_t* r = context.r;
    LifetimeRequest request;
    request.reason = *context.reason;
    const bool isSigned = request.reason == Reason::signedUrl;
    if (isSigned && context.signature.expires != 0) {
        request.grantLeft = std::max<std::int64_t>(0, context.signature.expires - ngx_time());
    }
    if (!context.isOriginal) {
        request.fallback = fallbackOf(context);
    }
    request.sharedCacheAllowed = context.gate.sharedCacheAllowed;
    request.isForRequester = r->headers_in.authorization != nullptr || context.isPersonal;
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

// ------------------------------------------------------------------ derivatives

// The revision of every source; empty if the origin told none of one of them.
std::string revisionOf(const RequestContext& context) {
    std::string revision;
    for (const auto& fetch : context.fetches) {
        if (!fetch->originState.revision.isKnown()) {
            return {};
        }
        revision += fetch->source->path + '\n' + fetch->headers.etag + '\n' +
                    std::to_string(fetch->headers.lastModifiedTime) + '\n';
    }
    return revision;
}

// What has passed since the origin made the answer; caches behind us count with it. Where our own
// cache goes by other headers, the time that it keeps an answer says nothing of what clients see.
void addAge(RequestContext& context) {
    if (context.record->hasOwnLifetime) {
        return;
    }
    const std::optional<OriginState>& known = context.sources.front().known;
    const std::int64_t kept =
        context.isFromCache && known ? (nowInMilliseconds() - known->observedAt) / 1000 : 0;
    const std::int64_t age = context.record->age + std::max<std::int64_t>(kept, 0);
    if (age > 0) {
        addHeader(context.r, "Age", std::to_string(age));
    }
}

// How many pixels a CSS pixel of the layout got, where its width was automatic.
void addContentDensity(RequestContext& context) {
    const std::optional<double> layout = context.hintsUsed.layoutWidth;
    if (layout && *layout > 0) {
        std::array<char, 32> text;
        const auto [end, problem] =
            std::to_chars(text.begin(), text.end(), context.record->size.width / *layout,
                          std::chars_format::fixed, 2);
        if (problem == std::errc{}) {
            addHeader(context.r, "Content-DPR", {text.data(), end});
        }
    }
}

// `etag` of the gate's location. What an upstream sent is not made here.
bool makesEntityTags(const RequestContext& context) {
    const auto* core = static_cast<ngx_http_core_loc_conf_t*>(
        context.gateLocations[ngx_http_core_module.ctx_index]);
    return core->etag != 0;
}

// An SVG that is delivered as it is has the ETag of the original.
void addEntityTag(RequestContext& context) {
    const std::string_view tag = context.record->entityTag;
    if (!tag.empty() && (context.svg || makesEntityTags(context))) {
        context.r->headers_out.etag = addHeader(context.r, "ETag", tag);
    }
}

// No script, no reference to anything else: what a raster image could not do either.
constexpr std::string_view svgPolicy =
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox";

// The origin's type, with its parameters, where that is one of SVG.
std::string_view svgType(std::string_view said) {
    constexpr std::string_view plain = "image/svg+xml";
    const std::string lower = toLowerCase(said);
    const bool isSvg =
        lower.starts_with(plain) &&
        (lower.size() == plain.size() || lower[plain.size()] == ';' || lower[plain.size()] == ' ');
    return isSvg ? said : plain;
}

void setDerivativeHeaders(RequestContext& context) {
    ngx_http_request_t* r = context.r;
    const EntryRecord& record = *context.record;
    const std::string_view type =
        context.svg ? svgType(context.fetches.front()->contentType) : mediaType(record.format);
    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.content_length_n = static_cast<off_t>(record.outputBytes);
    r->headers_out.content_type = copyInto(r->pool, type);
    r->headers_out.content_type_len = std::min(type.find(';'), type.size());
    r->headers_out.last_modified_time = record.lastModified;
    for (const auto& [name, value] : record.headers) {
        addHeader(r, name, value);
    }
    addEntityTag(context);
    addAge(context);
    if (context.svg) {
        setHeader(r, "Content-Security-Policy", svgPolicy);
    } else {
        addContentDensity(context);
    }
    addDisposition(context);
    r->allow_ranges = 1;
}

// libvips' memory, or the job's file; both live as long as the context.
bool pointAtResult(ngx_http_request_t* r, const RenderJob& job, const EncodedBytes& bytes,
                   ngx_buf_t& buffer) {
    if (!job.sentFrom) {
        buffer.pos = bytes.data.get();
        buffer.last = buffer.pos + bytes.size;
        buffer.memory = 1;
        return true;
    }
    auto* file = static_cast<ngx_file_t*>(ngx_pcalloc(r->pool, sizeof(ngx_file_t)));
    if (file == nullptr) {
        return false;
    }
    file->fd = job.sentFrom.descriptor();
    file->name = ngx_str_t ngx_string("a rendered result");  // for NGINX's log
    file->log = r->connection->log;
    buffer.file = file;
    buffer.file_pos = job.sentFrom.offset();
    buffer.file_last = job.sentFrom.offset() + static_cast<off_t>(bytes.size);
    buffer.in_file = 1;
    return true;
}

bool pointAtBody(RequestContext& context, ngx_buf_t& buffer) {
    if (!context.svg) {
        return pointAtResult(context.r, *context.job, context.rendered->bytes, buffer);
    }
    buffer.pos = const_cast<unsigned char*>(context.svg->bytes().data());
    buffer.last = buffer.pos + context.svg->size();
    buffer.memory = 1;  // it lives as long as the context
    return true;
}

ngx_int_t sendRendered(RequestContext& context) {
    ngx_http_request_t* r = context.r;
    const ngx_int_t rc = ngx_http_send_header(r);
    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }
    auto* buffer = static_cast<ngx_buf_t*>(ngx_calloc_buf(r->pool));
    if (buffer == nullptr || !pointAtBody(context, *buffer)) {
        return NGX_ERROR;
    }
    buffer->last_buf = 1;
    buffer->last_in_chain = 1;
    ngx_chain_t chain{buffer, nullptr};
    return ngx_http_output_filter(r, &chain);
}

}  // namespace

std::string makeEntityTag(const RequestContext& context, const RenderJob& job) {
    const Format format = context.rendered->format;
    std::string text = revisionOf(context) + job.sourcesDigest + '\n';
    text += canonicalText(job.transform) + '\n';
    text += std::string(formatName(format)) + ' ' + context.gate.settingsDigest;
    return '"' + sha256Hex(text).substr(0, entityTagLength - 2) + '"';
}

bool lacksRevision(const RequestContext& context) {
    return revisionOf(context).empty();
}

bool looksMissing(const Gate& gate, Reason reason) {
    const bool tellsApart = isDenial(reason) || reason == Reason::originRefused;
    return tellsApart && gate.deniedStatus == NGX_HTTP_NOT_FOUND;
}

bool isHidden(const RequestContext& context) {
    return context.isRefused && context.gate.deniedStatus == NGX_HTTP_NOT_FOUND &&
           shownReason(context) == Reason::notFound;
}

Reason shownReason(const RequestContext& context) {
    return looksMissing(context.gate, *context.reason) ? Reason::notFound : *context.reason;
}

void finishOriginalHeader(RequestContext& context) {
    ngx_http_request_t* r = context.r;
    context.originLifetime = readOriginLifetime(cacheControlOf(r), std::nullopt);
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

ngx_int_t sendDerivative(RequestContext& context) {
    if (!context.svg) {
        context.outputFormat = context.record->format;
    }
    context.outputSize = context.record->size;
    context.outputBytes = context.record->outputBytes;
    setDerivativeHeaders(context);
    return context.isFromCache ? context.cache.send() : sendRendered(context);
}

namespace {

void addVary(RequestContext& context) {
    std::string names = context.negotiated ? "Accept" : "";
    for (const std::string_view name : context.hintsUsed.vary) {
        names += (names.empty() ? "" : ", ") + std::string(name);
    }
    if (!names.empty()) {
        addHeader(context.r, "Vary", names);
    }
}

constexpr std::string_view earlyPrivateValue = "private";

// Nothing of what announcePrivate() wrote is the origin's; `expires` may have taken its place.
void withdrawPrivate(RequestContext& context) {
    ngx_table_elt_t* header = std::exchange(context.earlyPrivate, nullptr);
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
            if (context.reason) {
                limitLifetime(context);
                return;
            }
            break;
        default:
            break;
    }
    removeHeaders(r, isLifetime);
    addHeader(r, "Cache-Control",
              context.reason && context.originLifetime.noTransform ? "no-store, no-transform"
                                                                   : "no-store");
}

void announcePrivate(RequestContext& context) {
    ngx_http_request_t* r = context.r;
    ngx_table_elt_t* header = addHeader(r, "Cache-Control", earlyPrivateValue);
    context.earlyPrivate = header;
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
