#include "nginx/request/content_negotiation.hpp"

#include "dialect/dialect.hpp"
#include "nginx/host/accept_header.hpp"
#include "nginx/host/pool.hpp"
#include "transform/client_hints.hpp"
#include "transform/negotiation.hpp"

namespace private_image {
namespace {

bool isNamed(const ngx_table_elt_t& header, std::string_view lowerCase) {
    return header.lowcase_key != nullptr && header.key.len == lowerCase.size() &&
           std::string_view(reinterpret_cast<const char*>(header.lowcase_key), header.key.len) ==
               lowerCase;
}

// The first value of a header.
std::string_view headerValue(ngx_http_request_t* r, std::string_view lowerCase) {
    std::string_view value;
    forEach<ngx_table_elt_t>(r->headers_in.headers, [&](ngx_table_elt_t& header) {
        if (isNamed(header, lowerCase)) {
            value = view(header.value);
        }
        return value.empty();
    });
    return value;
}

std::string_view newOrOld(ngx_http_request_t* r, std::string_view name, std::string_view oldName) {
    const std::string_view value = headerValue(r, name);
    return value.empty() ? headerValue(r, oldName) : value;
}

ClientHints readHints(ngx_http_request_t* r) {
    ClientHints hints;
    hints.width = newOrOld(r, "sec-ch-width", "width");
    hints.density = newOrOld(r, "sec-ch-dpr", "dpr");
    hints.viewportWidth = newOrOld(r, "sec-ch-viewport-width", "viewport-width");
    hints.roundTripTime = headerValue(r, "rtt");
    hints.saveData = headerValue(r, "save-data");
    hints.effectiveType = headerValue(r, "ect");
    hints.downlink = headerValue(r, "downlink");
    hints.userAgent = headerValue(r, "user-agent");
    return hints;
}

}  // namespace

void negotiate(RequestContext& context, ParsedRequest& parsed) {
    Transform& transform = parsed.transform;
    const bool isUnnamed = transform.formatChoice == FormatChoice::unnamed;
    const bool isByLocation = isUnnamed && context.gate.negotiates;
    context.target.isNegotiated =
        parsed.requestKind != RequestKind::original && (isByLocation || isNegotiated(transform));
    // One cache entry with the URL that spells out what the location says anyway.
    if (context.target.isNegotiated && isByLocation) {
        transform.formatChoice = FormatChoice::automatic;
    }
    // Only a branch is negotiated: what Accept says is not for the rest.
    if (context.target.isNegotiated && isUnnamed && !isByLocation && !context.gate.render.format) {
        transform.formatChoice = FormatChoice::source;
    }
    if (context.target.isNegotiated) {
        context.target.acceptedFormats =
            acceptedFormats(acceptHeader(context.r), context.gate.autoFormats);
    }
    if (needsClientHints(transform)) {
        context.target.hintsUsed =
            applyClientHints(transform, readHints(context.r), hintStyleOf(context.gate.dialect));
    }
}

}  // namespace private_image
