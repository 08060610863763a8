#include "nginx/original/shown_mark.hpp"

#include <optional>
#include <string>

#include "access/outgoing_answer.hpp"
#include "base/ascii.hpp"
#include "nginx/host/pool.hpp"
#include "nginx/request/image_mark.hpp"
#include "nginx/request/request_rewriting.hpp"
#include "nginx/request/response_headers.hpp"
#include "nginx/request/served_file.hpp"

namespace private_image {
namespace {

bool isImageType(const ngx_str_t& type) {
    constexpr std::string_view prefix = "image/";
    return type.len > prefix.size() &&
           equalsIgnoringCase(view(type).substr(0, prefix.size()), prefix);
}

// What `return` says in the rewrite phase is the operator's own text. What an upstream answers as
// an error is no image, unless it says so.
bool mayBeAnImage(const ngx_http_request_t* r, const RequestContext& context) {
    const bool isUpstreams =
        hasNewUpstream(context, r) && !isImageType(r->headers_out.content_type);
    return isInContentPhase(r) &&
           !(isUpstreams && r->upstream->headers_in.status_n >= NGX_HTTP_SPECIAL_RESPONSE);
}

// True if the image at this path may be what the page's URI names as well, as it does in a named
// location, and where an error_page leads beside the context.
bool endsInPath(const ngx_http_request_t* r, std::string_view path) {
    return path.size() > 1 && view(r->uri).ends_with(path);
}

// The mark that the gate gives to its image at a path, of which the page's answer says this.
Mark markAtGate(RequestContext& context, std::string_view path, Mark observed) {
    bool failed = false;
    Namesake namesake;
    namesake.observed = observed;
    namesake.ofGate = evaluateMarkOfGate(context, path, failed);
    namesake.judged = context.access.mark;
    namesake.unmarked = context.gate.unmarked;
    namesake.isHidden = isHidden(context);
    return markOfNamesake(namesake);
}

// The path of the image that the gate would fetch under `uri`; empty where it would fetch none.
std::string pathAtOrigin(RequestContext& context, std::string_view uri) {
    std::string_view root = context.gate.prefix;
    ngx_str_t evaluated;
    if (context.gate.origin != nullptr && originUri(context, "/", &evaluated) == NGX_OK) {
        root = view(evaluated);
    }
    const bool isBelow = root.ends_with('/') && uri.size() > root.size() && uri.starts_with(root);
    return isBelow ? std::string(uri.substr(root.size() - 1)) : std::string();
}

// A page under the name of the image for which it stands may be that image, from beside the gate:
// it is judged as such. The URL may have been refused before it was parsed, or because it could
// not be.
Mark markOfSameName(RequestContext& context, Mark mark) {
    const std::string_view prefix = context.gate.prefix, uri = view(context.target.uri);
    if (uri.starts_with(prefix)) {
        const std::string_view plain = uri.substr(prefix.size() - 1);
        mark = endsInPath(context.r, plain) ? markAtGate(context, plain, mark) : mark;
    }
    if (const std::optional<ParsedRequest>& parsed = parsedUrl(context)) {
        mark = endsInPath(context.r, parsed->path) ? markAtGate(context, parsed->path, mark) : mark;
    }
    return mark;
}

// What private_image_mark of the gate says of another of its images, which an error page or an
// include would show: private or nothing.
Mark markAtOrigin(RequestContext& context, ngx_http_request_t* shown) {
    const std::string path = pathAtOrigin(context, view(shown->uri));
    bool failed = false;
    if (path.empty() || evaluateMarkOfGate(context, path, failed) != Mark::privateImage) {
        return Mark::unknown;
    }
    return Mark::privateImage;
}

}  // namespace

Mark markOfErrorPage(RequestContext& context) {
    bool failed = false;
    context.answer.fileMark = readServedFile(context, context.r).mark;
    Mark mark = combine(context.errorPage.mark, context.answer.fileMark);
    mark = combine(mark, readFlagHeaders(context.r, context));
    mark = combine(mark, evaluateMarkHere(context.r, failed));
    mark = combine(mark, readAddedFlags(context.r, context, failed));
    if (!mayBeAnImage(context.r, context)) {
        return mark;
    }
    for (RequestContext* gate = &context; gate != nullptr; gate = gate->outer) {
        mark = markOfSameName(*gate, mark);
        mark = combine(mark, markAtOrigin(*gate, context.r));
    }
    return mark;
}

Mark markOfInclude(RequestContext& context, ngx_http_request_t* r) {
    bool failed = false;
    Mark mark = combine(readServedFile(context, r).mark, readFlagHeaders(r, context));
    mark = combine(mark, evaluateMarkHere(r, failed));
    mark = combine(mark, readAddedFlags(r, context, failed));
    return isInContentPhase(r) ? combine(mark, markAtOrigin(context, r)) : mark;
}

Mark markForNextGate(RequestContext& context) {
    const Mark mark = markOfSameName(context, Mark::unknown);
    return mark == Mark::privateImage ? mark : Mark::unknown;
}

}  // namespace private_image
