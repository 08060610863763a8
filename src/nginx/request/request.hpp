// What is remembered about one request, and the order in which it proceeds:
// dialect, signature, memory, decision, then an original (original.cpp) or a derivative
// (derivative.cpp). How each step is done is left to the files named after them.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "access/image_judgement.hpp"
#include "base/result.hpp"
#include "dialect/parsed_request.hpp"
#include "image_state/entry_record.hpp"
#include "nginx/config/location_config.hpp"
#include "nginx/derivative/cache.hpp"
#include "nginx/host/ngx.hpp"
#include "nginx/host/pool.hpp"
#include "nginx/original/origin_answer.hpp"
#include "nginx/rendering/render_job.hpp"
#include "nginx/rendering/result_memory.hpp"
#include "nginx/s3_origin/answer.hpp"
#include "nginx/shared_memory/image_state_table.hpp"
#include "nginx/shared_memory/single_flight.hpp"
#include "render/probe.hpp"
#include "transform/client_hints.hpp"

namespace private_image {

// The wall clock itself: NGINX's is read once per round of events, which cannot tell what was read
// before a request came from what was read after.
inline Milliseconds nowInMilliseconds() {
    using std::chrono::duration_cast, std::chrono::milliseconds, std::chrono::system_clock;
    return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

// One of the images that an answer is made of: the original, then the layers of a derivative.
struct Source {
    std::string path;  // decoded, with leading slash
    ngx_str_t uri{};   // under which it is fetched, decoded
    ImageKey image{};
    Mark gateMark = Mark::unknown;  // what private_image_mark of the gate's location says of it
    ImageState remembered;
    std::optional<OriginState> known;  // the newest of what the cache's entry and the memory say
    Milliseconds observedAt = 0;       // when this request read its mark itself; 0: not yet
};

// One image on its way from the origin for a derivative.
struct Fetch {
    Source* source = nullptr;
    // A conditional request has these validators, of the cache's entry that it is to confirm.
    const EntrySource* confirms = nullptr;
    bool wantsBody = true;        // else the mark alone is asked for
    bool hasConditions = false;   // was asked with those validators
    bool isConfirmed = false;     // the origin still has what the entry was made of
    bool isContradicted = false;  // it says so with other validators, and sends nothing
    Flight refresh;               // others wait for this answer's headers
    Milliseconds requestedAt = 0;
    OriginState originState;                // what is known of it from now on
    ngx_http_request_t* request = nullptr;  // the subrequest; stays set after it ended
    bool isFinished = false;
    bool isAbandoned = false;  // nobody waits for it: swallow what still comes
    bool headerSeen = false;
    bool endSeen = false;
    bool isAborted = false;  // ended by our body filter, which poisons c->error
    bool connectionHadError = false;
    Mark redirectMark = Mark::unknown;         // of answers that led elsewhere inside NGINX
    bool redirectHeadersLost = false;          // one of them came without its headers
    bool hasFailed = false;                    // one was an error that has to look like any other
    std::optional<Reason> refusal;             // why it is of no use
    std::optional<StorageError> storageError;  // S3 refused: its body will tell why
    std::string detail;
    Decision decision;
    off_t declaredLength = -1;
    std::optional<SourceType> type;
    std::size_t bytesToProbe = probeLength;  // of the body, before its type is known
    bool mayDeliverSvg = false;              // as it is, where the gate does not render SVG
    std::string contentType;
    ByteBuffer body;
    ngx_uint_t status = 0;
    ngx_msec_t startedAt = 0, finishedAt = 0;
    ngx_msec_t heardAt = 0;  // when the origin last sent something
    AnswerHeaders headers;
};

struct RequestContext {
    explicit RequestContext(ngx_http_request_t* request, const Gate& itsGate)
        : r(request), gate(itsGate) {}
    ~RequestContext();
    RequestContext(const RequestContext&) = delete;

    ngx_http_request_t* r;
    const Gate& gate;

    // False while the phases before PRECONTENT run: rewrite, limits, access.
    bool isEntered = false;
    bool isRewrittenAway = false;  // `rewrite … last` has led to a location without a gate

    // What was asked. `parsed` is empty where the URL could not be parsed, or was not looked at yet
    // since its signature was refused before: see parsedUrl().
    void** gateLocations = nullptr;  // the gate's location configuration
    ngx_uint_t httpVersion = 0;      // the client's; an origin without headers changes r's
    ngx_str_t rawTarget{};           // as the client sent it
    ngx_str_t uri{}, args{};         // when the gate was entered
    bool isTargetRead = false;       // the signature was verified for these
    bool isClientsTarget = false;    // they are NGINX's own normalisation of rawTarget
    ngx_msec_t startedAt = 0;
    Milliseconds arrivedAt = 0;
    ngx_str_t identity{};
    SignatureVerdict signature;
    bool isParsed = false;
    std::optional<ParsedRequest> parsed;
    ParseError parseError;

    // The original, and of a derivative its layers, as they are fetched; filled once.
    std::vector<Source> sources;

    // What was found out.
    Mark mark = Mark::unknown;
    bool isPersonal = false;       // private_image_mark depends on who asks
    std::optional<Reason> reason;  // set once the request is allowed or refused
    bool isRefused = false;
    int status = 0;                   // of the refusal
    RequestContext* outer = nullptr;  // of the gate that an internal redirect left for this one

    // Error pages. r->err_status hides the status of what an error_page leads to.
    // r->err_status when the request was claimed, or when an error_page last led on.
    ngx_uint_t errorStatusSeen = 0;
    bool isOnErrorPage = false;  // an error_page has led elsewhere since
    bool hasPassed = false;      // the header filter has let an answer pass
    bool isOwnPage = false;      // NGINX's built-in page, nothing else, may still go out
    ngx_http_upstream_t* judgedUpstream =
        nullptr;                    // its headers are those of an image judged before
    Mark pageMark = Mark::unknown;  // of answers that led from the error page elsewhere

    // An original on its way through the location's own handler.
    bool isOriginal = false;
    bool isJudged = false;          // its header has passed the decision
    OriginLifetime originLifetime;  // as the origin said it, before add_header and expires
    std::vector<ngx_http_request_t*> hiddenParts;  // includes that may not be shown
    std::optional<StorageError> storageError;      // S3 refused: its body will tell why
    bool strippedConditions = false;
    bool confirmsMemory = false;  // a 304 would say that the remembered revision is still there
    Mark redirectMark = Mark::unknown;
    bool redirectHeadersLost = false;    // an answer on the way came without its headers
    Mark inheritedMark = Mark::unknown;  // of what led here from another gate

    // The request as the client sent it, while NGINX sees the image's own.
    struct Saved {
        ngx_str_t uri, args, unparsedUri, exten;
        ngx_http_headers_in_t headersIn;
        ngx_http_variable_value_t* variables = nullptr;
        unsigned validUnparsedUri : 1, quotedUri : 1;
    };
    std::optional<Saved> saved;
    ngx_list_t shownHeaders{};                // what the origin may see; further slices ask with it
    ngx_table_elt_t* earlyPrivate = nullptr;  // Cache-Control: private, for filters that store
    bool isLogged = false;                    // the log phase has begun
    bool errorPageAtEntry = false;            // r->error_page when the gate was entered

    // A derivative.
    ngx_http_handler_pt originHandler = nullptr;  // the location's own content handler
    ngx_uint_t nextPhase = 0;                     // where the fetch of the own location goes on
    enum class Stage : std::uint8_t { none, lookingUp, waiting, refreshing, fetching, rendering };
    Stage stage = Stage::none;
    std::vector<Format> acceptedFormats;          // what `auto` may choose for this client
    std::vector<std::unique_ptr<Fetch>> fetches;  // the original, then layers as they are asked for
    std::vector<std::unique_ptr<Fetch>> ended;    // further ones, of which nothing is wanted
    bool usesDefaultImage = false;  // the original is missing: its default image is in its place
    std::string evaluatedPath;      // $private_image_path while a value is evaluated for an image
    DerivativeCache cache;
    std::optional<EntryRecord> record;  // of the entry found, or of what was rendered
    bool isEntryUsable = false;         // nothing known voids the entry found
    bool isRefreshed = false;           // the origin has confirmed it to this request
    bool hasLookedAgain = false;        // in the cache, since it leads
    bool sawLeaderFinish = false;       // that another has put it there
    Flight flight;                      // what others that ask for the same wait for
    FlightWaiter waiter;
    bool skipsSingleFlight = false;       // does not wait for others, nor let them wait
    bool isUnkeepable = false;            // what comes of it is not kept
    std::string entityTag, cacheControl;  // of what is rendered
    RenderPlace place;
    std::shared_ptr<RenderJob> job;
    bool isAnswered = false;
    ngx_event_t timer{};
    ngx_uint_t cacheStatus = 0;  // NGX_HTTP_CACHE_…; 0: the cache plays no part
    bool isFromCache = false;    // the answer is the entry found
    std::optional<SourceType> sourceType;
    Size sourceSize;
    std::size_t sourceBytes = 0;
    std::optional<Rendered> rendered;
    std::optional<ByteBuffer> svg;  // instead of it: the source, which is delivered as it is
    ResultMemory svgMemory;         // its share of what waits for clients to read it
    std::optional<Format> outputFormat;
    Size outputSize;
    std::uint64_t outputBytes = 0;
    ngx_uint_t originStatus = 0;
    ngx_msec_t originTime = 0;
    bool negotiated = false;  // the answer depends on Accept
    HintsUsed hintsUsed;      // and on these headers
};

// The context of a request or of the main request of a subrequest; found again after an internal
// redirect has wiped the module contexts. Null if it passed no gate.
RequestContext* contextOf(ngx_http_request_t* r);

// The fetch that `r` is, or is a child of; null if it is none.
Fetch* fetchOf(RequestContext& context, ngx_http_request_t* r);

// What the URL asks for: parsed once, when it is first wanted. Empty where it could not be.
const std::optional<ParsedRequest>& parsedUrl(RequestContext& context);

// As contextOf; before the gate is entered, the URL is read as it stands now.
RequestContext* contextForVariables(ngx_http_request_t* r);

// REWRITE, before every other handler of that phase: a client's request that NGINX has placed into
// a gate's location belongs to that gate from here on, whichever phase answers it.
ngx_int_t claimRequest(ngx_http_request_t* r);

// PRECONTENT: judges what can be judged now and sends the request on its way.
ngx_int_t enterGate(ngx_http_request_t* r);

// True where `rewrite … last` has moved a claimed request to another location; an internal redirect
// would have cleared the modules' contexts.
bool isRewritten(ngx_http_request_t* r);

// True for an original whose answer has not been judged yet.
bool awaitsJudgement(const RequestContext& context);

// The context whose refusal is being answered: this one's, or that of a gate which an error_page
// left for this one. Null: none was refused.
const RequestContext* refusalOf(const RequestContext& context);

// What a source is judged as. Layers and default images are judged as if asked for alone.
RequestKind requestKindOf(const RequestContext& context, const Source& source);

// The image at `path`, with what is remembered of it; or why values of the configuration cannot be
// evaluated for it.
Result<Source, const char*> makeSource(RequestContext& context, std::string_view path);

// The body of a client's GET is nobody's: it is neither passed on nor waited for.
void dropBody(ngx_http_request_t* r);

// Refuses a request that has not begun to answer within private_image_timeout; once.
ngx_int_t startTimer(RequestContext& context);

// The log's words for a deadline that has passed.
std::string timeoutDetail(const Gate& gate);

// The answer begins, or is refused: no deadline any more.
void stopWaiting(RequestContext& context);

// Records and logs a refusal; returns the status to finalize with.
ngx_int_t refuse(RequestContext& context, Reason reason, const std::string& detail);

}  // namespace private_image
