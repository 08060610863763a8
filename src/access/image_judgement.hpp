// Judges one image for one request: by what is known of it, or by what its origin has just
// answered. The only place that asks decide(); callers collect the facts and act on the result.
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

// What a gate and a request bring to the judgement of each of their images.
struct RequestAccess {
    AccessPolicy policy;
    SignatureVerdict signature;
    Mark unmarked = Mark::publicImage;  // private_image_unmarked
    std::uint32_t policyDigest = 0;     // digest of the gate's flag headers and origin
    Milliseconds markValid = 0;         // private_image_mark_valid
    std::int64_t lifetimeFallback = 0;  // private_image_cache_valid, seconds
    Milliseconds arrivedAt = 0;         // when the request came
};

struct JudgedImage {
    Asked asked = Asked::original;
    Mark gateMark = Mark::unknown;       // what private_image_mark of the gate says of it
    const OriginState* known = nullptr;  // the newest that is known of it; null: nothing
    Milliseconds readByThisRequest = 0;  // when this request read its mark itself; 0: not yet
};

// The mark to judge by: what was said, what the gate says (private wins), else
// private_image_unmarked. Never unknown.
Mark resolveMark(const RequestAccess& access, const JudgedImage& image, Mark mark);

// True if what is known may be relied on without asking the origin: it was read by the same flag
// headers through the same origin, and either after the request came, or less than
// private_image_mark_valid ago. A private image that could be fetched around the gate is never
// reliable, so that each answer names the location in the log.
bool isReliable(const RequestAccess& access, const JudgedImage& image, Milliseconds now);

// True if the image is known reliably, and is fresh or was read since the request came.
bool isConfirmed(const RequestAccess& access, const JudgedImage& image, Milliseconds now);

struct KnownJudgement {
    Mark mark = Mark::unknown;  // unknown: nothing reliable is known
    Decision decision;          // by that mark; unknown is judged as private
};

// By what is known, without an answer of the origin.
KnownJudgement judgeKnown(const RequestAccess& access, const JudgedImage& image, Milliseconds now);

// As judgeKnown; `said` is what another request was told a moment ago, for where nothing reliable
// is known.
KnownJudgement judgeTold(const RequestAccess& access, const JudgedImage& image, Mark mark,
                         Milliseconds now);

// The facts of one origin's answer.
struct OriginAnswer {
    unsigned status = 0;
    bool isHttp = true;                // false: HTTP/0.9, which has no headers
    bool redirectHeadersLost = false;  // an answer on the way here came without its headers
    bool isNginxTimeout = false;       // a 504 that NGINX made, not the origin
    bool isFolder = false;             // NGINX found a folder of its own under this name
    bool isReachableAroundGate = false;
    std::string reachableDetail;  // the location by which, for the log
    bool markFailed = false;      // private_image_mark could not be evaluated
    Mark mark = Mark::unknown;    // flags, private_image_mark of the origin, and marks on the way
    Revision revision;
    OriginLifetime lifetime;
    bool hasLifetime = false;  // the answer names a lifetime, or forbids one
    std::int64_t age = 0;      // seconds, the Age header
    Milliseconds observedAt = 0;
};

// Which answers the origin was asked for.
struct ExpectedAnswer {
    bool anySuccess = false;                // every 2xx (an original); else 200 and 203 only
    bool notModified = false;               // 304: conditions were sent
    bool conditionFailures = false;         // 412 and 416: a client's conditions or range were sent
    const OriginState* confirms = nullptr;  // what a 304 confirms
    std::optional<OriginLifetime> confirmedLifetime;  // for a 304 that names none
};

bool isExpected(unsigned status, const ExpectedAnswer& expected);

// Where new knowledge goes: shared memory, or a test's record.
class ImageKnowledge {
public:
    virtual ~ImageKnowledge() = default;
    // Keeps `state`; returns what is known from now on (a private mark is sticky).
    virtual OriginState remember(const OriginState& state) = 0;
    virtual void rememberMissing() = 0;
};

struct AnswerJudgement {
    enum class Use : std::uint8_t {
        none,           // refused, or an answer with nothing in it
        image,          // the image, or a part of it
        confirmation,   // what was known is confirmed
        contradiction,  // a 304 with other validators than those it was asked for
    };
    Use use = Use::none;
    Mark mark = Mark::unknown;
    Decision decision;
    std::string detail;                // for the log, of a refusal
    std::optional<OriginState> state;  // what is known from now on; empty: the answer said nothing
};

// Judges an answer by its headers, and keeps what they say. Order (contract section 4): can it be
// judged at all, its status, its mark, the decision, and whether it could be fetched around us.
AnswerJudgement judgeAnswer(const RequestAccess& access, const JudgedImage& image,
                            const OriginAnswer& answer, const ExpectedAnswer& expected,
                            ImageKnowledge& knowledge);

// Judges an answer whose status is not expected. `storageCode`: what S3 said in the body, or empty.
// An error can carry a flag: then it is about the image that is known.
AnswerJudgement judgeFailure(const JudgedImage& image, const OriginAnswer& answer,
                             std::string_view storageCode, ImageKnowledge& knowledge);

// What an origin's status means where it is no image. A 504 is a timeout only if NGINX made it.
Reason failureReason(const OriginAnswer& answer, std::string_view storageCode);

// True if a 304's own validators are not those of `revision`: it confirms something else.
bool contradicts(const Revision& answered, const Revision& revision);

}  // namespace private_image
