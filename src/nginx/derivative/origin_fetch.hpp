// Fetches images for a derivative by subrequests: headers first (mark, status, length), then the
// bytes up to a limit. Ends a fetch early where its result cannot be used.
#pragma once

#include <optional>
#include <string>

#include "folder_store/file_mark.hpp"
#include "image_state/entry_record.hpp"
#include "nginx/original/origin_answer.hpp"
#include "nginx/rendering/render_job.hpp"
#include "nginx/request/request.hpp"
#include "nginx/s3_origin/answer.hpp"
#include "nginx/shared_memory/single_flight.hpp"
#include "render/probe.hpp"

namespace private_image {

class Derivative;

// One image on its way from the origin for a derivative.
struct Fetch : ImageSubrequest {
    Derivative* owner = nullptr;
    // A conditional request has these validators, of the cache's entry that it is to confirm.
    const EntrySource* confirms = nullptr;
    // Of the entry's record, for an answer that confirms it without a lifetime; the original only.
    std::optional<CachingHeaders> confirmedHeaders;
    bool wantsBody = true;        // else only the mark is needed
    bool hasConditions = false;   // the request had those validators
    bool isConfirmed = false;     // the origin still has what the entry was made of
    bool isContradicted = false;  // a 304 came with other validators
    Flight refresh;               // others wait for this answer's headers
    Milliseconds requestedAt = 0;
    OriginState originState;  // what is known of it from now on
    bool isFinished = false;
    bool isAbandoned = false;  // its derivative is answered: what still comes is dropped
    bool headerSeen = false;
    bool endSeen = false;
    bool isAborted = false;  // ended by our body filter, which poisons c->error
    bool connectionHadError = false;
    std::optional<Reason> refusal;             // why its result cannot be used
    std::optional<StorageError> storageError;  // S3 refused: the code in its body is awaited
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
    ngx_msec_t lastReadAt = 0;  // when the origin last sent something
    AnswerHeaders headers;
    FileFacts file;  // from which it is read
};

// The content handler of the gate's own location, and the phase before it where its fetches begin.
struct OwnHandler {
    ngx_http_handler_pt handler = nullptr;
    ngx_int_t nextPhase = 0;
};

// Starts the subrequest. NGX_OK; NGX_DECLINED if the path is not one of this location's;
// NGX_ERROR if NGINX refuses.
ngx_int_t startFetch(RequestContext& context, Fetch& fetch, const OwnHandler& own);

enum class FetchHeader : std::uint8_t {
    read,
    needsPlace,  // a body comes that was not expected: it needs a place in the render queue
};

// Header filter of a fetch, first half: judges.
FetchHeader readFetchHeader(RequestContext& context, Fetch& fetch, ngx_http_request_t* r);

// Second half: lets the body come, or ends the fetch. Returns the filter's code.
ngx_int_t endFetchHeader(Fetch& fetch, ngx_http_request_t* r);

// Judges again if the bytes come from another file than the one that was judged with the headers,
// or if that has changed since.
void judgeSentFile(RequestContext& context, Fetch& fetch, ngx_http_request_t* r,
                   const FileFacts& sent);

// Body filter of a fetch: keeps the bytes.
ngx_int_t filterFetchBody(const RequestContext& context, Fetch& fetch, ngx_http_request_t* r,
                          ngx_chain_t* in);

// Refuses what was fetched, once the code in the body of S3's error was read.
void judgeStorageError(const RequestContext& context, Fetch& fetch, ngx_http_request_t* r);

// Notes the first reason why the result cannot be used.
void refuseFetch(Fetch& fetch, Reason reason, std::string detail);

// The answer goes out without it: ends the fetch as far as NGINX allows it, and drops what still
// comes.
void abandonFetch(RequestContext& context, Fetch& fetch);

}  // namespace private_image
