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
    Milliseconds askedAt = 0;
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

// What the client asks for. `parsed` is empty where the URL could not be parsed, or was not looked
// at since its signature was refused before: see parsedUrl().
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

// What answers say that led to another inside NGINX.
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

// Where an error_page leads. It is judged apart from the image in whose place it stands, whose
// r->err_status hides the status of what it leads to.
struct ErrorPageState {
    ngx_uint_t statusSeen = 0;   // r->err_status at the claim, or when an error_page last led on
    bool wasSetAtEntry = false;  // r->error_page when the gate claimed the request
    bool hasLedOn = false;       // an error_page has led elsewhere since
    Mark mark = Mark::unknown;   // of answers that led from the error page elsewhere
};

// What goes out to the client.
struct AnswerState {
    bool hasPassed = false;  // the header filter has let an answer pass
    bool isOwnPage = false;  // NGINX's built-in page, nothing else, may still go out
    ngx_http_upstream_t* judgedUpstream = nullptr;  // whose headers are of an image judged before
    std::vector<ngx_http_request_t*> hiddenParts;   // includes that may not be shown
    ngx_table_elt_t* earlyPrivate = nullptr;  // Cache-Control: private, for filters that store
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
    bool isLogged = false;       // the log phase has begun: nothing of it can reach the client
    ngx_uint_t cacheStatus = 0;  // NGX_HTTP_CACHE_…; 0: the cache plays no part
    ngx_uint_t originStatus = 0;
    ngx_msec_t originTime = 0;
    std::optional<SourceType> sourceType;
    Size sourceSize;
    std::size_t sourceBytes = 0;  // of all sources
    std::optional<Format> outputFormat;
    Size outputSize;
    std::uint64_t outputBytes = 0;
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
    ~RequestContext();
    RequestContext(const RequestContext&) = delete;

    ngx_http_request_t* r;
    const Gate& gate;

    GateStage gateStage = GateStage::claimed;
    bool isEntered() const { return gateStage == GateStage::entered; }
    bool isRewrittenAway() const { return gateStage == GateStage::rewrittenAway; }

    void** gateLocations = nullptr;  // the gate's location configuration
    ngx_uint_t httpVersion = 0;      // the client's; an origin without headers changes r's
    ngx_msec_t startedAt = 0;
    Milliseconds arrivedAt = 0;
    RequestTarget target;
    AccessState access;

    // The original, and of a derivative its layers, as they are fetched; filled once.
    std::vector<Source> sources;

    RequestContext* outer = nullptr;  // of the gate that an internal redirect left for this one

    ErrorPageState errorPage;
    AnswerState answer;

    // An original on its way through the location's own handler.
    bool isOriginal = false;
    bool isJudged = false;          // its header has passed the decision
    OriginLifetime originLifetime;  // as the origin said it, before add_header and expires
    std::optional<StorageError> storageError;  // S3 refused: its body will tell why
    bool strippedConditions = false;
    bool confirmsMemory = false;  // a 304 would say that the remembered revision is still there
    Mark redirectMark = Mark::unknown;
    bool redirectHeadersLost = false;  // an answer on the way came without its headers

    std::optional<SavedRequest> saved;
    ngx_list_t shownHeaders{};  // what the origin may see; further slices ask with it
    std::string evaluatedPath;  // $private_image_path while a value is evaluated for an image
    RequestFacts facts;

    // A derivative.
    ngx_http_handler_pt originHandler = nullptr;  // the location's own content handler
    ngx_uint_t nextPhase = 0;                     // where the fetch of the own location goes on
    enum class Stage : std::uint8_t { none, lookingUp, waiting, refreshing, fetching, rendering };
    Stage stage = Stage::none;
    std::vector<std::unique_ptr<Fetch>> fetches;  // the original, then layers as they are asked for
    std::vector<std::unique_ptr<Fetch>> ended;    // further ones, of which nothing is wanted
    bool usesDefaultImage = false;  // the original is missing: its default image is in its place
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
    bool isFromCache = false;  // the answer is the entry found
    std::optional<Rendered> rendered;
    std::optional<ByteBuffer> svg;  // instead of it: the source, which is delivered as it is
    ResultMemory svgMemory;         // its share of what waits for clients to read it
};

// The context of a request that its location's gate claims.
RequestContext& makeContext(ngx_http_request_t* r, const Gate& gate);

// Reads what the URL asks for and its signature, as they stand now; again where a rewrite has
// changed the URL since.
void readTarget(RequestContext& context);

// The context of a request or of the main request of a subrequest; found again after an internal
// redirect has wiped the module contexts. Null if it passed no gate.
RequestContext* contextOf(ngx_http_request_t* r);

// The fetch that `r` is, or is a child of; null if it is none.
Fetch* fetchOf(RequestContext& context, ngx_http_request_t* r);

// What the URL asks for: parsed once, when it is first wanted. Empty where it could not be.
const std::optional<ParsedRequest>& parsedUrl(RequestContext& context);

// As contextOf; before the gate is entered, the URL is read as it stands now.
RequestContext* contextForVariables(ngx_http_request_t* r);

// True where `rewrite … last` has moved a claimed request to another location; an internal redirect
// would have cleared the modules' contexts.
bool isRewritten(ngx_http_request_t* r);

// True for an original whose answer has not been judged yet.
bool awaitsJudgement(const RequestContext& context);

// The context whose refusal is being answered: this one's, or that of a gate which an error_page
// left for this one. Null: none was refused.
const RequestContext* refusalOf(const RequestContext& context);

// What a source is judged as. Layers and default images are judged as if asked for alone.
Asked askedOf(const RequestContext& context, const Source& source);

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
