// What one request needs from its gate on, by owner: what the client asks for, who may see it, the
// original or the derivative that is delivered, error pages, and facts for variables and counters.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "access/answer_lifetime.hpp"
#include "access/image_judgement.hpp"
#include "base/result.hpp"
#include "dialect/parsed_request.hpp"
#include "image_state/image_key.hpp"
#include "image_state/origin_state.hpp"
#include "nginx/config/location_config.hpp"
#include "nginx/host/ngx.hpp"
#include "nginx/host/pool.hpp"
#include "nginx/rendering/render_job.hpp"
#include "nginx/shared_memory/image_state_table.hpp"
#include "transform/client_hints.hpp"

namespace private_image {

// The wall clock itself: NGINX reads it once per round of events, which cannot separate what was
// read before a request came from what was read after.
inline Milliseconds nowInMilliseconds() {
    using std::chrono::duration_cast, std::chrono::milliseconds, std::chrono::system_clock;
    return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

// One of the images that an answer is made of: the original, then the layers of a derivative.
struct Source {
    std::string path;  // decoded, with leading slash
    ngx_str_t uri{};   // under which it is fetched, decoded
    ImageKey image{};
    // Layers and default images are judged as if they were requested alone.
    RequestKind requestKind = RequestKind::original;
    Mark gateMark = Mark::unknown;  // private_image_mark of the gate's location
    ImageState remembered;
    std::optional<OriginState> known;  // the newest of the cache's entry and shared memory
    Milliseconds observedAt = 0;       // when this request read its mark itself; 0: not yet
};

// What the client asks for. `parsed` is empty where the URL is invalid, or was not parsed yet
// because its signature was refused before: see parsedUrl().
struct RequestTarget {
    ngx_str_t raw{};          // as the client sent it
    ngx_str_t uri{}, args{};  // when the gate was entered
    bool isRead = false;      // the signature was verified for these
    bool isAsSent = false;    // they are NGINX's own normalisation of `raw`
    bool isParsed = false;
    std::optional<ParsedRequest> parsed;
    ParseError parseError;
    ngx_str_t identity{};                 // private_image_identity
    bool isNegotiated = false;            // the answer depends on Accept
    std::vector<Format> acceptedFormats;  // what `auto` may choose for this client
    HintsUsed hintsUsed;                  // client hints that the answer depends on
};

// Facts of the answers that led to another one inside NGINX.
struct RedirectFacts {
    Mark mark = Mark::unknown;
    bool headersLost = false;  // proxy_cache kept one of them without its headers
};

// Who may see the image, as far as it is known.
struct AccessState {
    SignatureVerdict signature;
    RedirectFacts inherited;  // of what led here from another gate
    Mark mark = Mark::unknown;
    bool isPersonal = false;       // private_image_mark depends on the client
    std::optional<Reason> reason;  // set once the request is allowed or refused
    bool isRefused = false;
    int status = 0;  // of the refusal
};

// A subrequest by which a derivative fetches one of its images.
struct ImageSubrequest {
    Source* source = nullptr;
    ngx_http_request_t* request = nullptr;  // stays set after it ended
    RedirectFacts redirect;
    bool hidesFailure = false;  // an answer was an error that has to look like a missing image
};

// How an allowed request is answered: by its original or by a derivative, never by both. The layers
// above implement it.
class Delivery {
public:
    virtual ~Delivery() = default;

    // private_image_timeout has passed.
    virtual void onDeadline() = 0;

    // The answer begins, or is refused: gives back what it holds, and what others wait for.
    virtual void release() = 0;

    // The request has ended, or an internal redirect has led it to another gate.
    virtual void leave() = 0;

    // The subrequest that `r` is; null if it is not one of this delivery.
    virtual ImageSubrequest* subrequestOf(const ngx_http_request_t* r) = 0;

    // How long each request to the origin took, for counters.
    virtual std::vector<ngx_msec_t> originTimes() const = 0;
};

// Where an error_page leads. It is judged separately from the image that it replaces, and
// r->err_status hides the status of what it leads to.
struct ErrorPageState {
    ngx_uint_t statusSeen = 0;   // r->err_status at the claim, or when an error_page last led on
    bool wasSetAtEntry = false;  // r->error_page when the gate claimed the request
    bool hasLedOn = false;       // an error_page has led elsewhere since
    Mark mark = Mark::unknown;   // of answers that led from the error page elsewhere
};

// What goes out to the client.
struct AnswerState {
    bool hasPassed = false;         // the header filter has let an answer pass
    bool isOwnPage = false;         // NGINX's built-in page, nothing else, may still go out
    Mark fileMark = Mark::unknown;  // of the file that it is sent from, when it was judged
    ngx_http_upstream_t* judgedUpstream = nullptr;  // its headers are of an image judged before
    std::vector<ngx_http_request_t*> hiddenParts;   // includes that may not be shown
    ngx_table_elt_t* earlyPrivate = nullptr;  // Cache-Control: private, for filters that store
    OriginLifetime originLifetime;  // of an original, as sent, before add_header and expires
    std::optional<DerivativeLifetime> derivativeLifetime;
};

// The request as the client sent it, while NGINX sees the image's own.
struct SavedRequest {
    ngx_str_t uri, args, unparsedUri, exten;
    ngx_http_headers_in_t headersIn;
    ngx_http_variable_value_t* variables = nullptr;
    unsigned validUnparsedUri : 1, quotedUri : 1;
};

// For variables and counters.
struct RequestFacts {
    bool isLogged = false;       // the log phase has begun: no value can reach the client
    ngx_uint_t cacheStatus = 0;  // NGX_HTTP_CACHE_…; 0: the cache plays no part
    ngx_uint_t originStatus = 0;
    ngx_msec_t originTime = 0;
    std::optional<SourceType> sourceType;
    Size sourceSize;
    std::size_t sourceBytes = 0;  // of all sources
    std::optional<Format> outputFormat;
    Size outputSize;
    std::uint64_t outputBytes = 0;
    std::string_view cacheKey;             // empty: the cache plays no part
    std::shared_ptr<const RenderJob> job;  // its times; null: nothing was rendered
};

enum class GateStage : std::uint8_t {
    claimed,        // the phases before PRECONTENT run: rewrite, limits, access
    rewrittenAway,  // before the gate was entered, "rewrite … last" led to a location without one
    entered,
};

struct RequestContext {
    explicit RequestContext(ngx_http_request_t* request, const Gate& itsGate)
        : r(request), gate(itsGate) {}
    RequestContext(const RequestContext&) = delete;

    ngx_http_request_t* r;
    const Gate& gate;
    void** gateLocations = nullptr;   // the gate's location configuration
    RequestContext* outer = nullptr;  // of the gate that an internal redirect left for this one

    GateStage gateStage = GateStage::claimed;
    bool isEntered() const { return gateStage == GateStage::entered; }
    bool isRewrittenAway() const { return gateStage == GateStage::rewrittenAway; }

    ngx_uint_t httpVersion = 0;  // the client's; an origin without headers changes r's
    ngx_msec_t startedAt = 0;
    Milliseconds arrivedAt = 0;
    RequestTarget target;
    AccessState access;
    std::vector<Source> sources;         // the original, and of a derivative its layers
    std::unique_ptr<Delivery> delivery;  // null while the request is not allowed to have one
    ngx_event_t timer{};                 // private_image_timeout

    ErrorPageState errorPage;
    AnswerState answer;
    std::optional<SavedRequest> saved;
    ngx_list_t shownHeaders{};  // what the origin may see; further slices are requested with it
    std::string evaluatedPath;  // $private_image_path while a value is evaluated for an image
    RequestFacts facts;
};

// The context of a request that its location's gate claims.
RequestContext& makeContext(ngx_http_request_t* r, const Gate& gate);

// Reads what the URL asks for and its signature, as they stand now; again where a rewrite has
// changed the URL since.
void readTarget(RequestContext& context);

// The context of a request or of the main request of a subrequest; also after an internal redirect,
// which clears the contexts of modules. Null if it passed no gate.
RequestContext* contextOf(ngx_http_request_t* r);

// The subrequest of a gate that `r` is, or is a child of; null if it belongs to no gate.
ImageSubrequest* imageSubrequestOf(const RequestContext& context, const ngx_http_request_t* r);

// The parsed URL. It is parsed once, when it is first needed; empty where it is invalid.
const std::optional<ParsedRequest>& parsedUrl(RequestContext& context);

// As contextOf; before the gate is entered, the URL is read as it stands now.
RequestContext* contextForVariables(ngx_http_request_t* r);

// True where `rewrite … last` has moved a claimed request to another location; an internal redirect
// would have cleared the modules' contexts.
bool isRewritten(ngx_http_request_t* r);

// The context whose refusal is being answered: this one's, or that of a gate which an error_page
// left for this one. Null: no gate has refused the request.
const RequestContext* refusalOf(const RequestContext& context);

// The image at `path`, with what is remembered of it; or which value of the configuration cannot be
// evaluated for it. The first one of a request is its original.
Result<Source, const char*> makeSource(RequestContext& context, std::string_view path);

// Drops the body of a client's request: it is neither passed to an origin nor waited for.
void dropBody(ngx_http_request_t* r);

// Refuses a request that has not begun to answer within private_image_timeout; once.
ngx_int_t startTimer(RequestContext& context);

// For the log, when the deadline has passed.
std::string timeoutDetail(const Gate& gate);

// The answer begins, or is refused: there is no deadline from now on.
void stopWaiting(RequestContext& context);

// Records and logs a refusal; returns the status to finalize with.
ngx_int_t refuse(RequestContext& context, Reason reason, const std::string& detail);

}  // namespace private_image
