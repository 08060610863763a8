#include "nginx/request/variables.hpp"

#include "dialect/dialect.hpp"
#include "nginx/host/variable_value.hpp"
#include "nginx/request/request.hpp"
#include "nginx/request/request_rewriting.hpp"
#include "nginx/request/response_headers.hpp"
#include "transform/canonical.hpp"

namespace private_image {
namespace {

// A variable's text; empty: it has no value.
using ReadVariable = std::string (*)(RequestContext& context, ngx_http_request_t* r);

// Where a private image has to look missing, what could distinguish the two has no value before the
// log phase: the operator may have put it into a header.
template <ReadVariable read>
std::string unlessHidden(RequestContext& context, ngx_http_request_t* r) {
    const RequestContext* refused = refusalOf(context);
    const bool mayReachClient = !context.facts.isLogged;
    return mayReachClient && refused != nullptr && isHidden(*refused) ? std::string()
                                                                      : read(context, r);
}

template <ReadVariable read>
ngx_int_t get(ngx_http_request_t* r, ngx_http_variable_value_t* value, uintptr_t) {
    return setVariable(r, value, "evaluating a variable", [&] {
        RequestContext* context = contextForVariables(r);
        return context == nullptr ? std::string() : read(*context, r);
    });
}

std::string path(RequestContext& context, ngx_http_request_t* r) {
    if (const ImageSubrequest* fetch = imageSubrequestOf(context, r)) {
        return fetch->source->path;
    }
    if (!context.evaluatedPath.empty()) {
        return context.evaluatedPath;
    }
    const auto& parsed = parsedUrl(context);
    return parsed ? parsed->path : std::string();
}

std::string uri(RequestContext& context, ngx_http_request_t* r) {
    const std::string decoded = path(context, r);
    return std::string(view(escapedUri(r->pool, borrow(decoded))));
}

std::string redactedUri(RequestContext& context, ngx_http_request_t*) {
    return redactedTarget(context.gate.dialect, view(context.target.raw));
}

std::string reason(RequestContext& context, ngx_http_request_t*) {
    const RequestContext* refused = refusalOf(context);
    const RequestContext& judged = refused != nullptr ? *refused : context;
    if (!judged.access.reason) {
        return {};
    }
    return std::string(
        reasonWord(context.facts.isLogged ? *judged.access.reason : shownReason(judged)));
}

std::string mark(RequestContext& context, ngx_http_request_t*) {
    return std::string(markWord(context.access.mark));
}

std::string signature(RequestContext& context, ngx_http_request_t*) {
    return std::string(signatureWord(context.access.signature.signature));
}

std::string key(RequestContext& context, ngx_http_request_t*) {
    const int index = context.access.signature.key;
    return index < 0 ? std::string() : std::string(context.gate.keys.nameOf(index));
}

std::string variant(RequestContext& context, ngx_http_request_t*) {
    const auto& parsed = parsedUrl(context);
    return parsed ? parsed->variant : std::string();
}

std::string options(RequestContext& context, ngx_http_request_t*) {
    const auto& parsed = parsedUrl(context);
    return parsed ? canonicalText(parsed->transform) : std::string();
}

std::string expires(RequestContext& context, ngx_http_request_t*) {
    const std::int64_t at = context.access.signature.expires;
    return at == 0 ? std::string() : std::to_string(at);
}

std::string seconds(ngx_msec_t milliseconds) {
    const std::string fraction = std::to_string(1000 + milliseconds % 1000);
    return std::to_string(milliseconds / 1000) + '.' + fraction.substr(1);
}

std::string originStatus(RequestContext& context, ngx_http_request_t*) {
    return context.facts.originStatus == 0 ? std::string()
                                           : std::to_string(context.facts.originStatus);
}

std::string originTime(RequestContext& context, ngx_http_request_t*) {
    return context.facts.originStatus == 0 ? std::string() : seconds(context.facts.originTime);
}

std::string queueTime(RequestContext& context, ngx_http_request_t*) {
    const RenderJob* job = context.facts.job.get();
    return job == nullptr || job->startedAt == 0 ? std::string()
                                                 : seconds(job->startedAt - job->queuedAt);
}

std::string renderTime(RequestContext& context, ngx_http_request_t*) {
    const RenderJob* job = context.facts.job.get();
    return job == nullptr || job->finishedAt == 0 ? std::string()
                                                  : seconds(job->finishedAt - job->startedAt);
}

std::string sourceType(RequestContext& context, ngx_http_request_t*) {
    return context.facts.sourceType ? std::string(sourceTypeName(*context.facts.sourceType))
                                    : std::string();
}

std::string sourceBytes(RequestContext& context, ngx_http_request_t*) {
    return context.facts.sourceBytes == 0 ? std::string()
                                          : std::to_string(context.facts.sourceBytes);
}

std::string dimensions(Size size) {
    return size.width == 0 ? std::string()
                           : std::to_string(size.width) + 'x' + std::to_string(size.height);
}

std::string sourceSize(RequestContext& context, ngx_http_request_t*) {
    return dimensions(context.facts.sourceSize);
}

std::string outputType(RequestContext& context, ngx_http_request_t*) {
    return context.facts.outputFormat ? std::string(formatName(*context.facts.outputFormat))
                                      : std::string();
}

std::string outputBytes(RequestContext& context, ngx_http_request_t*) {
    return context.facts.outputFormat ? std::to_string(context.facts.outputBytes) : std::string();
}

std::string outputSize(RequestContext& context, ngx_http_request_t*) {
    return dimensions(context.facts.outputSize);
}

std::string cacheStatus(RequestContext& context, ngx_http_request_t*) {
    return context.facts.cacheStatus == 0
               ? std::string()
               : std::string(view(ngx_http_cache_status[context.facts.cacheStatus - 1]));
}

std::string cacheKey(RequestContext& context, ngx_http_request_t*) {
    return std::string(context.facts.cacheKey);
}

constexpr struct {
    const char* name;
    ngx_http_get_variable_pt handler;
} known[] = {
    {"path", get<path>},
    {"uri", get<uri>},
    {"redacted_uri", get<redactedUri>},
    {"reason", get<reason>},
    {"mark", get<unlessHidden<mark>>},
    {"signature", get<signature>},
    {"key", get<key>},
    {"variant", get<variant>},
    {"options", get<options>},
    {"expires", get<expires>},
    {"cache_status", get<unlessHidden<cacheStatus>>},
    {"cache_key", get<unlessHidden<cacheKey>>},
    {"origin_status", get<unlessHidden<originStatus>>},
    {"origin_time", get<unlessHidden<originTime>>},
    {"queue_time", get<unlessHidden<queueTime>>},
    {"render_time", get<unlessHidden<renderTime>>},
    {"source_type", get<unlessHidden<sourceType>>},
    {"source_bytes", get<unlessHidden<sourceBytes>>},
    {"source_size", get<unlessHidden<sourceSize>>},
    {"output_type", get<unlessHidden<outputType>>},
    {"output_bytes", get<unlessHidden<outputBytes>>},
    {"output_size", get<unlessHidden<outputSize>>},
};

}  // namespace

ngx_int_t addVariables(ngx_conf_t* cf) {
    for (const auto& entry : known) {
        ngx_str_t name = copyInto(cf->pool, std::string("private_image_") + entry.name);
        // Not cacheable: what is known of a request grows, and each fetch has values of its own.
        ngx_http_variable_t* variable = ngx_http_add_variable(cf, &name, NGX_HTTP_VAR_NOCACHEABLE);
        if (variable == nullptr) {
            return NGX_ERROR;
        }
        variable->get_handler = entry.handler;
    }
    return NGX_OK;
}

}  // namespace private_image
