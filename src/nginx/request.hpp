// What is remembered about one request, and the order in which it proceeds:
// dialect, signature, decision, then an original (original.cpp) or fetch, render, response.
// How each step is done is left to the files named after them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "access/decision.hpp"
#include "dialect/parsed_request.hpp"
#include "nginx/location_config.hpp"
#include "nginx/ngx.hpp"
#include "nginx/pool.hpp"
#include "nginx/render_job.hpp"

namespace private_image {

// One image fetched from the origin for a derivative.
struct Fetch {
    std::string path;                       // decoded, with leading slash
    ngx_http_request_t* request = nullptr;  // the subrequest; stays set after it ended
    bool isFinished = false;
    bool isAbandoned = false;  // nobody waits for it: swallow what still comes
    bool headerSeen = false;
    bool endSeen = false;
    bool isAborted = false;  // ended by our body filter, which poisons c->error
    bool connectionHadError = false;
    Mark markOnTheWay = Mark::unknown;  // of answers that led elsewhere inside NGINX
    bool isWayUnreadable = false;       // one of them came without its headers
    std::optional<Reason> refusal;      // why it is of no use
    std::string detail;
    Decision decision;
    off_t declaredLength = -1;
    std::optional<SourceType> type;
    ByteBuffer body;
    ngx_uint_t status = 0;
    ngx_msec_t startedAt = 0, finishedAt = 0;
    ngx_msec_t heardAt = 0;  // when the origin last sent something
    // Validators, lifetime and what else of the headers a derivative takes over.
    std::string etag, lastModified;
    time_t lastModifiedTime = -1;
    std::string cacheControl;
    std::optional<std::int64_t> expires;  // seconds from now
    std::vector<std::pair<std::string, std::string>> copiedHeaders;
};

struct RequestContext {
    explicit RequestContext(ngx_http_request_t* request, const Gate& itsGate)
        : r(request), gate(itsGate) {}
    ~RequestContext();
    RequestContext(const RequestContext&) = delete;

    ngx_http_request_t* r;
    const Gate& gate;

    // What was asked. `parsed` is empty where the URL could not be parsed.
    void** gateLocations = nullptr;  // the gate's location configuration
    ngx_uint_t httpVersion = 0;      // the client's; an origin without headers changes r's
    ngx_str_t rawTarget{};           // as the client sent it
    ngx_msec_t startedAt = 0;
    SignatureVerdict signature;
    std::optional<ParsedRequest> parsed;
    ParseError parseError;

    // What was found out.
    Mark mark = Mark::unknown;
    std::optional<Reason> reason;  // set once the request is allowed or refused
    bool isRefused = false;
    int status = 0;                   // of the refusal
    RequestContext* outer = nullptr;  // of the gate that an internal redirect left for this one

    // Error pages. r->err_status hides the status of what an error_page leads to.
    ngx_uint_t errorStatusAtEntry = 0;  // r->err_status when the gate was entered
    bool isOnErrorPage = false;         // an error_page has led elsewhere since
    bool isOwnPage = false;             // NGINX's built-in page, nothing else, may still go out
    ngx_http_upstream_t* judgedUpstream =
        nullptr;                    // its headers are those of an image judged before
    Mark pageMark = Mark::unknown;  // of answers that led from the error page elsewhere

    // An original on its way through the location's own handler.
    bool isOriginal = false;
    bool isJudged = false;  // its header has passed the decision
    bool strippedConditions = false;
    Mark markOnTheWay = Mark::unknown;
    bool isWayUnreadable = false;  // an answer on the way came without its headers

    // The request as the client sent it, while NGINX sees the image's own.
    struct Saved {
        ngx_str_t uri, args, unparsedUri, exten;
        ngx_http_headers_in_t headersIn;
        ngx_http_variable_value_t* variables = nullptr;
        unsigned validUnparsedUri : 1, quotedUri : 1;
    };
    std::optional<Saved> saved;

    // A derivative.
    ngx_http_handler_pt originHandler = nullptr;  // the location's own content handler
    ngx_uint_t nextPhase = 0;                     // where the fetch of the own location goes on
    std::vector<std::unique_ptr<Fetch>> fetches;  // the original, then layers as they are asked for
    std::unique_ptr<Fetch> missing;               // the original, where its default image stands in
    std::string evaluatedPath;  // $private_image_path while a value is evaluated for an image
    RenderPlace place;
    std::shared_ptr<RenderJob> job;
    bool isAnswered = false;
    ngx_event_t timer{};
    std::optional<SourceType> sourceType;
    Size sourceSize;
    std::size_t sourceBytes = 0;
    std::optional<Rendered> rendered;
    ngx_uint_t originStatus = 0;
    ngx_msec_t originTime = 0;
    bool negotiated = false;  // the answer depends on Accept
};

// The context of a request or of the main request of a subrequest; found again after an internal
// redirect has wiped the module contexts. Null if it passed no gate.
RequestContext* contextOf(ngx_http_request_t* r);

// The fetch that `r` is, or is a child of; null if it is none.
Fetch* fetchOf(RequestContext& context, ngx_http_request_t* r);

// As contextOf, and made on demand where a variable is asked for before the gate was reached.
RequestContext* contextForVariables(ngx_http_request_t* r);

// PRECONTENT: judges what can be judged now and sends the request on its way.
ngx_int_t enterGate(ngx_http_request_t* r);

// The context whose refusal is being answered: this one's, or that of a gate which an error_page
// left for this one. Null: none was refused.
const RequestContext* refusalOf(const RequestContext& context);

// The next step of a derivative, once a fetch or a render has ended.
void proceed(RequestContext& context);

// The body of a client's GET is nobody's: it is neither passed on nor waited for.
void dropBody(ngx_http_request_t* r);

// Refuses a request that has not begun to answer within private_image_timeout.
ngx_int_t startTimer(RequestContext& context);

// The answer begins, or is refused: no deadline any more.
void stopWaiting(RequestContext& context);

// Records and logs a refusal; returns the status to finalize with.
ngx_int_t refuse(RequestContext& context, Reason reason, const std::string& detail);

// Answers a derivative's refusal.
void answerRefusal(RequestContext& context, Reason reason, const std::string& detail);

}  // namespace private_image
