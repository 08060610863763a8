#include "nginx/derivative/response.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "access/answer_lifetime.hpp"
#include "base/ascii.hpp"
#include "image_state/record_lifetime.hpp"
#include "nginx/host/answer_headers.hpp"
#include "nginx/host/pool.hpp"
#include "nginx/request/response_headers.hpp"
#include "transform/names.hpp"

namespace private_image {
namespace {

// ------------------------------------------------------------------ lifetime

// Of a source about which more was read since the entry was made, only what that leaves remains; a
// default image is no longer fresh than the original is taken for missing.
DerivativeLifetime lifetimeOf(const RequestContext& context, const EntryRecord& record,
                              bool isFromCache, bool isDefaultImage) {
    DerivativeLifetime lifetime;
    lifetime.cacheControl = record.cacheControl;
    lifetime.expires = record.expires;
    lifetime.fallback = derivativeFallback(context.gate.lifetime.fallback, record.accelExpires);
    for (std::size_t i = 0; isFromCache && i < context.sources.size(); i++) {
        if (const std::optional<OriginState>& known = context.sources[i].known) {
            lifetime.maxRemaining = stricter(
                lifetime.maxRemaining, remainingOf(*known, record.sources[i].originState, i != 0));
        }
    }
    if (isDefaultImage) {
        lifetime.maxRemaining = stricter(lifetime.maxRemaining, context.gate.missingValid / 1000);
    }
    return lifetime;
}

// Where this server's cache goes by other headers than clients do, the time that it keeps an answer
// does not count for clients.
void addAge(RequestContext& context, const EntryRecord& record, bool isFromCache) {
    if (record.hasOwnLifetime) {
        return;
    }
    const std::optional<OriginState>& known = context.sources.front().known;
    const auto keptSince = isFromCache && known ? std::optional(known->observedAt) : std::nullopt;
    const std::int64_t age = ageOf(record, keptSince, nowInMilliseconds());
    if (age > 0) {
        addHeader(context.r, "Age", std::to_string(age));
    }
}

// ------------------------------------------------------------------ other headers

// How many pixels each CSS pixel of the layout has, where the width was automatic.
void addContentDensity(RequestContext& context, Size size) {
    const std::optional<double> layout = context.target.hintsUsed.layoutWidth;
    if (layout && *layout > 0) {
        std::array<char, 32> text;
        const auto [end, error] = std::to_chars(text.begin(), text.end(), size.width / *layout,
                                                std::chars_format::fixed, 2);
        if (error == std::errc{}) {
            addHeader(context.r, "Content-DPR", {text.data(), end});
        }
    }
}

// No script, no reference to anything else: what a raster image could not do either.
constexpr std::string_view svgPolicy =
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox";

// The origin's type, with its parameters, where that is one of SVG.
std::string_view svgType(std::string_view sent) {
    constexpr std::string_view plain = "image/svg+xml";
    const std::string lower = toLowerCase(sent);
    const bool isSvg =
        lower.starts_with(plain) &&
        (lower.size() == plain.size() || lower[plain.size()] == ';' || lower[plain.size()] == ' ');
    return isSvg ? sent : plain;
}

// An SVG that is delivered as it is has the ETag of the original.
void addEntityTag(RequestContext& context, const EntryRecord& record, bool isSvg) {
    if (!record.entityTag.empty() && (isSvg || makesEntityTags(context))) {
        context.r->headers_out.etag = addHeader(context.r, "ETag", record.entityTag);
    }
}

void setHeaders(RequestContext& context, const EntryRecord& record, const DerivativeBody& body) {
    ngx_http_request_t* r = context.r;
    const auto* svg = std::get_if<SvgBody>(&body);
    const std::string_view type =
        svg != nullptr ? svgType(svg->contentType) : mediaType(record.format);
    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.content_length_n = static_cast<off_t>(record.outputBytes);
    r->headers_out.content_type = copyInto(r->pool, type);
    r->headers_out.content_type_len = std::min(type.find(';'), type.size());
    r->headers_out.last_modified_time = record.lastModified;
    for (const auto& [name, value] : record.headers) {
        addHeader(r, name, value);
    }
    addEntityTag(context, record, svg != nullptr);
    addAge(context, record, std::holds_alternative<CachedBody>(body));
    if (svg != nullptr) {
        setHeader(r, "Content-Security-Policy", svgPolicy);
    } else {
        addContentDensity(context, record.size);
    }
    addDisposition(context);
    r->allow_ranges = 1;
}

// ------------------------------------------------------------------ bytes

bool pointAt(const RenderedBody& body, ngx_http_request_t* r, ngx_buf_t& buffer) {
    const RenderJob& job = body.job;
    const EncodedBytes& bytes = job.outcome.rendered->bytes;
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

bool pointAt(const SvgBody& body, ngx_http_request_t*, ngx_buf_t& buffer) {
    buffer.pos = const_cast<unsigned char*>(body.bytes.bytes().data());
    buffer.last = buffer.pos + body.bytes.size();
    buffer.memory = 1;
    return true;
}

ngx_int_t send(ngx_http_request_t*, const CachedBody& body) {
    return body.cache.send();
}

template <typename Body>
ngx_int_t send(ngx_http_request_t* r, const Body& body) {
    const ngx_int_t rc = ngx_http_send_header(r);
    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }
    auto* buffer = static_cast<ngx_buf_t*>(ngx_calloc_buf(r->pool));
    if (buffer == nullptr || !pointAt(body, r, *buffer)) {
        return NGX_ERROR;
    }
    buffer->last_buf = 1;
    buffer->last_in_chain = 1;
    ngx_chain_t chain{buffer, nullptr};
    return ngx_http_output_filter(r, &chain);
}

}  // namespace

ngx_int_t sendDerivative(RequestContext& context, const EntryRecord& record,
                         const DerivativeBody& body, bool isDefaultImage) {
    if (!std::holds_alternative<SvgBody>(body)) {
        context.facts.outputFormat = record.format;
    }
    context.facts.outputSize = record.size;
    context.facts.outputBytes = record.outputBytes;
    context.answer.derivativeLifetime =
        lifetimeOf(context, record, std::holds_alternative<CachedBody>(body), isDefaultImage);
    setHeaders(context, record, body);
    return std::visit([&](const auto& bytes) { return send(context.r, bytes); }, body);
}

}  // namespace private_image
