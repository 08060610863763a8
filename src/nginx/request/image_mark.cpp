#include "nginx/request/image_mark.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "nginx/host/added_headers.hpp"
#include "nginx/host/pool.hpp"
#include "nginx/request/request_rewriting.hpp"

namespace private_image {
namespace {

Mark readList(ngx_list_t& headers, const Gate& gate) {
    Mark mark = Mark::unknown;
    if (headers.part.elts == nullptr) {
        return mark;
    }
    forEach<ngx_table_elt_t>(headers, [&](ngx_table_elt_t& header) {
        for (const std::string& flag : gate.flags) {
            if (equalsIgnoringCase(view(header.key), flag)) {
                mark = combine(mark, flagMeansPrivate(view(header.value)) ? Mark::privateImage
                                                                          : Mark::publicImage);
            }
        }
        return true;
    });
    return mark;
}

// A map without a default says nothing; anything else is read as a flag header's value.
Mark markOfValue(const ngx_str_t& value) {
    if (value.len == 0) {
        return Mark::unknown;
    }
    return flagMeansPrivate(view(value)) ? Mark::privateImage : Mark::publicImage;
}

}  // namespace

bool hasNewUpstream(const RequestContext& context, const ngx_http_request_t* r) {
    return r->upstream != nullptr && r->upstream != context.answer.judgedUpstream;
}

Mark readFlagsOf(ngx_http_request_t* r, const Gate& gate) {
    return combine(readList(r->headers_out.headers, gate),
                   readList(r->upstream->headers_in.headers, gate));
}

Mark readFlagHeaders(ngx_http_request_t* r, const RequestContext& context) {
    return hasNewUpstream(context, r) ? readFlagsOf(r, context.gate)
                                      : readList(r->headers_out.headers, context.gate);
}

Mark readAddedFlags(ngx_http_request_t* r, const RequestContext& context, bool& failed) {
    Mark mark = Mark::unknown;
    for (AddedHeader& header : addedHeaders(r)) {
        for (const std::string& flag : context.gate.flags) {
            ngx_str_t value;
            if (!equalsIgnoringCase(view(header.key), flag)) {
                continue;
            }
            if (ngx_http_complex_value(r, &header.value, &value) != NGX_OK) {
                failed = true;
                return Mark::privateImage;
            }
            mark = combine(mark, markOfValue(value));
        }
    }
    return mark;
}

Mark evaluateMarkHere(ngx_http_request_t* r, bool& failed) {
    const LocationConfig* location = locationConfig(r);
    if (location->mark == nullptr || location->mark == NGX_CONF_UNSET_PTR) {
        return Mark::unknown;
    }
    ngx_str_t value;
    if (ngx_http_complex_value(r, location->mark, &value) != NGX_OK) {
        failed = true;
        return Mark::privateImage;
    }
    return markOfValue(value);
}

Mark evaluateMarkOfGate(RequestContext& context, std::string_view path, bool& failed) {
    ngx_http_complex_value_t* mark = context.gate.mark;
    if (mark == nullptr) {
        return Mark::unknown;
    }
    ngx_str_t value;
    bool dependsOnClient = false;
    if (evaluateForImage(context, path, mark, &value, &dependsOnClient) != NGX_OK) {
        failed = true;
        return Mark::privateImage;
    }
    context.access.isPersonal =
        context.access.isPersonal || dependsOnClient || context.gate.isMarkPersonal;
    return markOfValue(value);
}

namespace {

// private_image_mark of another location than the gate's. What it says is remembered for all
// clients, so that one which depends on the client cannot count: the gate asks its own for every
// request; any other closes the image.
Mark evaluateMarkOfOrigin(const RequestContext& context, ngx_http_request_t* r, bool& failed) {
    const LocationConfig* location = locationConfig(r);
    if (!isSet(location->mark)) {
        return Mark::unknown;
    }
    ngx_str_t value;
    bool isPersonal = false;
    if (evaluateFresh(r, location->mark, &value, isPersonal) != NGX_OK) {
        failed = true;
        return Mark::privateImage;
    }
    if (isPersonal || location->isMarkPersonal) {
        return location->mark == context.gate.mark ? Mark::unknown : Mark::privateImage;
    }
    return markOfValue(value);
}

}  // namespace

Mark readMarkOfAnswer(const RequestContext& context, ngx_http_request_t* r, Mark redirectMark,
                      bool& failed) {
    Mark mark = combine(redirectMark, readFlagHeaders(r, context));
    mark = combine(mark, readAddedFlags(r, context, failed));
    const bool isGate = r->loc_conf == context.gateLocations;
    return isGate ? mark : combine(mark, evaluateMarkOfOrigin(context, r, failed));
}

bool isReachableAroundGate(ngx_http_request_t* r) {
    const auto* core = static_cast<ngx_http_core_loc_conf_t*>(
        ngx_http_get_module_loc_conf(r, ngx_http_core_module));
    // An `if` block carries its location's name, not its flags.
    const bool isNamed = core->named || view(core->name).starts_with('@');
    return !core->internal && !isNamed && locationConfig(r)->gate == nullptr;
}

std::string reachableDetail(ngx_http_request_t* r) {
    const auto* core = static_cast<ngx_http_core_loc_conf_t*>(
        ngx_http_get_module_loc_conf(r, ngx_http_core_module));
    return "a private image came from location \"" + std::string(view(core->name)) +
           "\", which clients can reach around the gate, write \"internal\" there";
}

bool isAnsweredWithoutHeaders(const RequestContext& context, ngx_http_request_t* r) {
    return r->http_version < NGX_HTTP_VERSION_10 && context.httpVersion >= NGX_HTTP_VERSION_10;
}

bool isInContentPhase(const ngx_http_request_t* r) {
    const auto* core = static_cast<ngx_http_core_main_conf_t*>(
        ngx_http_get_module_main_conf(r, ngx_http_core_module));
    return core->phase_engine.handlers[r->phase_handler].checker == ngx_http_core_content_phase;
}

bool addsPrivateFlag(RequestContext& context) {
    bool failed = false;
    return readAddedFlags(context.r, context, failed) == Mark::privateImage || failed;
}

bool carriesPrivateFlag(RequestContext& context) {
    return readList(context.r->headers_out.headers, context.gate) == Mark::privateImage;
}

bool isOriginsOwnHeader(std::string_view lowerCaseName, const Gate& gate) {
    return lowerCaseName.starts_with("x-amz-") || lowerCaseName.starts_with("x-goog-") ||
           lowerCaseName.starts_with("x-ms-") ||
           std::find(gate.flags.begin(), gate.flags.end(), lowerCaseName) != gate.flags.end();
}

}  // namespace private_image
