// Judges one image for one request, by its image state or by an answer of its origin. Only these
// functions call decide(); callers collect the facts and act on the result.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "access/cache_lifetime.hpp"
#include "access/decision.hpp"
#include "access/privacy_mark.hpp"
#include "access/signature.hpp"
#include "image_state/origin_state.hpp"

namespace private_image {

// The part of a judgement that is the same for every image of a request.
struct RequestAccess {
    AccessPolicy policy;
    SignatureVerdict signature;
    Mark unmarked = Mark::publicImage;  // private_image_unmarked
    std::uint32_t policyDigest = 0;     // digest of the gate's flag headers and origin
    Milliseconds markValid = 0;         // private_image_mark_valid
    std::int64_t lifetimeFallback = 0;  // private_image_cache_valid, seconds
    Milliseconds arrivedAt = 0;         // the time of the request
};

struct JudgedImage {
    RequestKind requestKind = RequestKind::original;
    Mark gateMark = Mark::unknown;       // by private_image_mark of the gate
    const OriginState* known = nullptr;  // the newest image state; null: none is known
    Milliseconds readByThisRequest = 0;  // when this request itself read the mark; 0: not yet
};

// The mark to judge by: the observed mark and the gate's, of which private wins; if both are
// unknown, private_image_unmarked. Never unknown.
Mark resolveMark(const RequestAccess& access, const JudgedImage& image, Mark observed);

// True if the known mark may be used without a request to the origin: it was read with the same
// flag headers from the same origin, and either after the request came, or at most
// private_image_mark_valid ago. The state of a private image that is reachable around the gate is
// never reliable, so that each answer names the location in the log.
bool isReliable(const RequestAccess& access, const JudgedImage& image, Milliseconds now);

// True if the state is reliable, and is fresh or was read since the request came.
bool isConfirmed(const RequestAccess& access, const JudgedImage& image, Milliseconds now);

struct KnownJudgement {
    Mark mark = Mark::unknown;  // unknown: no reliable state is known
    Decision decision;          // an unknown mark is judged as private
};

// Judges by the image state, without an answer of the origin.
KnownJudgement judgeKnown(const RequestAccess& access, const JudgedImage& image, Milliseconds now);

// As judgeKnown(). If no reliable state is known, judges by `observed`, the mark that another
// request has just read.
KnownJudgement judgeKnownOrObserved(const RequestAccess& access, const JudgedImage& image,
                                    Mark observed, Milliseconds now);

// True if the image itself may answer a request that asked for a derivative of it.
bool mayShowUntransformed(const RequestAccess& access, const JudgedImage& image, Mark observed);

// The facts of one origin's answer.
struct OriginAnswer {
    unsigned status = 0;
    bool isHttp = true;                // false: HTTP/0.9, which has no headers
    bool redirectHeadersLost = false;  // the headers of a redirect before it are not known
    bool isNginxTimeout = false;       // a 504 from NGINX itself, not from the origin
    bool isFolder = false;             // the path is a folder of NGINX itself
    bool isReachableAroundGate = false;
    std::string reachableDetail;  // names the location, for the log
    bool markFailed = false;      // private_image_mark could not be evaluated
    Mark mark = Mark::unknown;    // of flags, private_image_mark of the origin, and redirects
    Revision revision;
    OriginLifetime lifetime;
    bool hasLifetime = false;  // the answer has a lifetime, or forbids caching
    std::int64_t age = 0;      // the Age header, in seconds
    Milliseconds observedAt = 0;
};

// The answers that the request to the origin permits.
struct ExpectedAnswer {
    bool anySuccess = false;         // every 2xx (for an original); otherwise 200 and 203 only
    bool notModified = false;        // 304: conditions were sent
    bool conditionFailures = false;  // 412 and 416: a client's conditions or range were sent
    const OriginState* confirms = nullptr;            // the state that a 304 confirms
    std::optional<OriginLifetime> confirmedLifetime;  // if the 304 has no lifetime
};

bool isExpected(unsigned status, const ExpectedAnswer& expected);

// Stores image states: in shared memory, or in a test.
class ImageKnowledge {
public:
    virtual ~ImageKnowledge() = default;
    // Stores `state`; returns the state that is known afterwards, whose mark may still be private.
    virtual OriginState remember(const OriginState& state) = 0;
    virtual void rememberMissing() = 0;
};

struct AnswerJudgement {
    enum class Use : std::uint8_t {
        none,           // refused, or an answer without content
        image,          // the image, or a range of it
        confirmation,   // the known image is unchanged
        contradiction,  // a 304 with other validators than the requested ones
    };
    Use use = Use::none;
    Mark mark = Mark::unknown;
    Decision decision;
    std::string detail;                // of a refusal, for the log
    std::optional<OriginState> state;  // known from now on; empty: unchanged
};

// Judges an answer by its headers, and stores the image state that they describe. Order: can the
// answer be judged at all, its status, its mark, the decision, and whether the image is reachable
// around the gate.
AnswerJudgement judgeAnswer(const RequestAccess& access, const JudgedImage& image,
                            const OriginAnswer& answer, const ExpectedAnswer& expected,
                            ImageKnowledge& knowledge);

// Judges an answer whose status is not expected. `storageCode`: the error code in the body, as
// storageErrorCode() returns it. A flag of an error concerns the image that is known.
AnswerJudgement judgeFailure(const JudgedImage& image, const OriginAnswer& answer,
                             std::string_view storageCode, ImageKnowledge& knowledge);

// The reason for an answer that is not an image. A 504 is a timeout only if NGINX made it.
Reason failureReason(const OriginAnswer& answer, std::string_view storageCode);

// True if a 304 has validators of its own that differ from `revision`.
bool contradicts(const Revision& answered, const Revision& revision);

}  // namespace private_image
