#include "nginx/original/origin_mark.hpp"

#include <algorithm>
#include <optional>

#include "base/ascii.hpp"
#include "nginx/host/added_headers.hpp"
#include "nginx/host/pool.hpp"
#include "nginx/original/original.hpp"
#include "nginx/request/request_rewriting.hpp"
#include "nginx/request/response_headers.hpp"

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

// The flags that add_header of the location writes into its answers. NGINX does it after the
// decision, and not at all for what is fetched for a derivative.
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

}  // namespace

Mark readFlagHeaders(ngx_http_request_t* r, const RequestContext& context) {
    const Mark mark = readList(r->headers_out.headers, context.gate);
    const bool isOfAnswer = r->upstream != nullptr && r->upstream != context.judgedUpstream;
    return isOfAnswer ? combine(mark, readList(r->upstream->headers_in.headers, context.gate))
                      : mark;
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
    context.isPersonal = context.isPersonal || dependsOnClient || context.gate.isMarkPersonal;
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

Mark saidByAnswer(const RequestContext& context, ngx_http_request_t* r, Mark onTheWay,
                  bool& failed) {
    Mark mark = combine(onTheWay, readFlagHeaders(r, context));
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
           "\", which anybody can reach, write \"internal\" there";
}

bool isAnsweredWithoutHeaders(const RequestContext& context, ngx_http_request_t* r) {
    return r->http_version < NGX_HTTP_VERSION_10 && context.httpVersion >= NGX_HTTP_VERSION_10;
}

bool isInContentPhase(const ngx_http_request_t* r) {
    const auto* core = static_cast<ngx_http_core_main_conf_t*>(
        ngx_http_get_module_main_conf(r, ngx_http_core_module));
    return core->phase_engine.handlers[r->phase_handler].checker == ngx_http_core_content_phase;
}

namespace {

// proxy_cache keeps only the status of an error that was intercepted.
bool isUnreadable(ngx_http_request_t* r, const RequestContext& context) {
    const ngx_http_upstream_t* upstream = r->upstream;
    if (upstream == nullptr || upstream == context.judgedUpstream ||
        upstream->headers_in.status_n != 0) {
        return false;
    }
#if (NGX_HTTP_CACHE)
    return upstream->cache_status == NGX_HTTP_CACHE_HIT ||
           upstream->cache_status == NGX_HTTP_CACHE_STALE ||
           upstream->cache_status == NGX_HTTP_CACHE_UPDATING;
#else
    return false;
#endif
}

void keepMarkOfPage(RequestContext& context, ngx_http_request_t* r) {
    context.isOnErrorPage = true;
    context.pageMark =
        combine(context.pageMark,
                isUnreadable(r, context) ? Mark::privateImage : readFlagHeaders(r, context));
}

bool isFreshUpstream(const RequestContext& context, const ngx_http_request_t* r) {
    return r->upstream != nullptr && r->upstream != context.judgedUpstream;
}

}  // namespace

ngx_uint_t statusOfError(const RequestContext& context, const ngx_http_request_t* r) {
    if (isFreshUpstream(context, r) &&
        r->upstream->headers_in.status_n >= NGX_HTTP_SPECIAL_RESPONSE) {
        return r->upstream->headers_in.status_n;
    }
    return r->err_status >= NGX_HTTP_SPECIAL_RESPONSE ? r->err_status
                                                      : ngx_uint_t{NGX_HTTP_NOT_FOUND};
}

namespace {

// True where an origin's failure has led on, in a gate whose private images must look missing.
bool hidesFailure(const RequestContext& context, ngx_http_request_t* r) {
    const bool hasFailed = isUnreadable(r, context) ||
                           (isFreshUpstream(context, r) &&
                            r->upstream->headers_in.status_n >= NGX_HTTP_SPECIAL_RESPONSE) ||
                           (r->error_page && !context.errorPageAtEntry);
    return context.gate.deniedStatus == NGX_HTTP_NOT_FOUND && hasFailed;
}

// True where an error_page answers for an original that failed. One with "=" is a fallback origin,
// whose answer is the image; but where a private image must look missing, what is missing has to be
// answered as a private one is.
bool isErrorPage(const RequestContext& context, ngx_http_request_t* r) {
    if (isExpectedOfOriginal(context, statusOfError(context, r))) {
        return false;
    }
    const bool isNew = r->err_status != context.errorStatusSeen;
    return (isNew && r->err_status >= NGX_HTTP_SPECIAL_RESPONSE) || hidesFailure(context, r);
}

void keepMark(RequestContext& context, ngx_http_request_t* r) {
    if (r != r->main) {
        Fetch* fetch = fetchOf(context, r);
        if (fetch != nullptr && fetch->request == r) {
            fetch->redirectMark = combine(fetch->redirectMark, readFlagHeaders(r, context));
            fetch->redirectHeadersLost = fetch->redirectHeadersLost || isUnreadable(r, context);
            fetch->hasFailed = fetch->hasFailed || hidesFailure(context, r);
        }
        return;
    }
    const bool isRefusedByPage = awaitsJudgement(context) && isErrorPage(context, r);
    if (isRefusedByPage) {
        refuseForErrorPage(context, statusOfError(context, r), isUnreadable(r, context));
    } else if (awaitsJudgement(context)) {
        context.isOnErrorPage = context.isOnErrorPage || r->err_status != context.errorStatusSeen;
        context.redirectMark = combine(context.redirectMark, readFlagHeaders(r, context));
        context.redirectHeadersLost = context.redirectHeadersLost || isUnreadable(r, context);
    } else {
        keepMarkOfPage(context, r);
    }
    context.errorStatusSeen = r->err_status;
}

bool isImageType(const ngx_str_t& type) {
    constexpr std::string_view prefix = "image/";
    return type.len > prefix.size() &&
           equalsIgnoringCase(view(type).substr(0, prefix.size()), prefix);
}

// What `return` says in the rewrite phase is the operator's own text. What an upstream answers as
// an error is no image, unless it says so.
bool mayBeAnImage(const ngx_http_request_t* r, const RequestContext& context) {
    const bool isUpstreams = r->upstream != nullptr && r->upstream != context.judgedUpstream &&
                             !isImageType(r->headers_out.content_type);
    return isInContentPhase(r) &&
           !(isUpstreams && r->upstream->headers_in.status_n >= NGX_HTTP_SPECIAL_RESPONSE);
}

// True if the image at this path may be what the page's URI names as well, as it does in a named
// location, and where an error_page leads beside the gate.
bool endsInPath(const ngx_http_request_t* r, std::string_view path) {
    return path.size() > 1 && view(r->uri).ends_with(path);
}

// The mark that the gate gives to its image at a path, of which the page's answer says this.
Mark markAtGate(RequestContext& gate, std::string_view path, Mark observed) {
    bool failed = false;
    const Mark mark = combine(observed, evaluateMarkOfGate(gate, path, failed));
    if (mark != Mark::unknown) {
        return mark;
    }
    if (isHidden(gate)) {
        return Mark::privateImage;
    }
    return gate.mark != Mark::unknown ? gate.mark : gate.gate.unmarked;
}

// The path of the image that the gate would fetch under `uri`; empty where it would fetch none.
std::string pathAtOrigin(RequestContext& gate, std::string_view uri) {
    std::string_view root = gate.gate.prefix;
    ngx_str_t evaluated;
    if (gate.gate.origin != nullptr && originUri(gate, "/", &evaluated) == NGX_OK) {
        root = view(evaluated);
    }
    const bool isBelow = root.ends_with('/') && uri.size() > root.size() && uri.starts_with(root);
    return isBelow ? std::string(uri.substr(root.size() - 1)) : std::string();
}

// A page under the name of the image for which it stands may be that image, from beside the gate:
// it is judged as such. The URL may have been refused before it was parsed, or because it could
// not be.
Mark markOfNamesake(RequestContext& gate, Mark mark) {
    const std::string_view prefix = gate.gate.prefix, uri = view(gate.uri);
    if (uri.starts_with(prefix)) {
        const std::string_view plain = uri.substr(prefix.size() - 1);
        mark = endsInPath(gate.r, plain) ? markAtGate(gate, plain, mark) : mark;
    }
    if (const std::optional<ParsedRequest>& parsed = parsedUrl(gate)) {
        mark = endsInPath(gate.r, parsed->path) ? markAtGate(gate, parsed->path, mark) : mark;
    }
    return mark;
}

// What private_image_mark of the gate says of another of its images, which an error page or an
// include would show: private or nothing.
Mark markAtOrigin(RequestContext& gate, ngx_http_request_t* shown) {
    const std::string path = pathAtOrigin(gate, view(shown->uri));
    bool failed = false;
    if (path.empty() || evaluateMarkOfGate(gate, path, failed) != Mark::privateImage) {
        return Mark::unknown;
    }
    return Mark::privateImage;
}

}  // namespace

Mark markOfErrorPage(RequestContext& context) {
    bool failed = false;
    Mark mark = combine(context.pageMark, readFlagHeaders(context.r, context));
    mark = combine(mark, evaluateMarkHere(context.r, failed));
    mark = combine(mark, readAddedFlags(context.r, context, failed));
    if (!mayBeAnImage(context.r, context)) {
        return mark;
    }
    for (RequestContext* gate = &context; gate != nullptr; gate = gate->outer) {
        mark = markOfNamesake(*gate, mark);
        mark = combine(mark, markAtOrigin(*gate, context.r));
    }
    return mark;
}

Mark markOfInclude(RequestContext& context, ngx_http_request_t* r) {
    bool failed = false;
    Mark mark = combine(readFlagHeaders(r, context), evaluateMarkHere(r, failed));
    mark = combine(mark, readAddedFlags(r, context, failed));
    return isInContentPhase(r) ? combine(mark, markAtOrigin(context, r)) : mark;
}

bool addsPrivateFlag(RequestContext& context) {
    bool failed = false;
    return readAddedFlags(context.r, context, failed) == Mark::privateImage || failed;
}

bool carriesPrivateFlag(RequestContext& context) {
    return readList(context.r->headers_out.headers, context.gate) == Mark::privateImage;
}

Mark markForNextGate(RequestContext& gate) {
    const Mark mark = markOfNamesake(gate, Mark::unknown);
    return mark == Mark::privateImage ? mark : Mark::unknown;
}

ngx_int_t keepMarkOnTheWay(ngx_http_request_t* r) {
    RequestContext* context = r->internal ? contextOf(r) : nullptr;
    if (context != nullptr && !(r == r->main && isRewritten(r))) {
        keepMark(*context, r);
    }
    return NGX_DECLINED;
}

bool isOriginsOwnHeader(std::string_view lowerCaseName, const Gate& gate) {
    return lowerCaseName.starts_with("x-amz-") || lowerCaseName.starts_with("x-goog-") ||
           lowerCaseName.starts_with("x-ms-") ||
           std::find(gate.flags.begin(), gate.flags.end(), lowerCaseName) != gate.flags.end();
}

}  // namespace private_image
