#include "access/image_judgement.hpp"

#include "s3/error_code.hpp"

namespace private_image {
namespace {

constexpr unsigned notModifiedStatus = 304, preconditionFailed = 412, rangeNotSatisfiable = 416;

AnswerJudgement refuseAnswer(Reason reason, std::string detail) {
    AnswerJudgement judgement;
    judgement.decision = {false, reason};
    judgement.detail = std::move(detail);
    return judgement;
}

bool hasBytes(unsigned status) {
    return status >= 200 && status < 300;
}

std::string failureDetail(const OriginAnswer& answer, std::string_view storageCode) {
    std::string detail = "the origin answered " + std::to_string(answer.status);
    if (!storageCode.empty()) {
        detail.append(" ").append(storageCode);
    }
    if (const std::string_view error = storageErrorText(storageCode); !error.empty()) {
        detail.append(": ").append(error);
    }
    return detail;
}

Decision decideBy(const RequestAccess& access, const JudgedImage& image, Mark mark) {
    return decide(image.requestKind, mark, access.signature, access.policy);
}

// True if the mark was read since the request came.
bool isReadSince(const RequestAccess& access, const JudgedImage& image, Milliseconds now) {
    const Milliseconds observedAt = image.known->observedAt;
    const bool isOwn = image.readByThisRequest != 0 && observedAt >= image.readByThisRequest;
    // A mark of the same millisecond may have been read before the request came.
    return (isOwn || observedAt > access.arrivedAt) && observedAt <= now + clockLeeway;
}

// True if `answer` is a 304 for the revision that the request asked to confirm.
bool isConfirmation(const OriginAnswer& answer, const ExpectedAnswer& expected) {
    return answer.status == notModifiedStatus && expected.confirms != nullptr;
}

// The image state after this answer. A confirmation keeps what it does not state itself.
OriginState stateAfter(const RequestAccess& access, const JudgedImage& image,
                       const OriginAnswer& answer, const ExpectedAnswer& expected) {
    const bool confirms = isConfirmation(answer, expected);
    OriginState state;
    state.mark = answer.mark;
    if (confirms && answer.mark == Mark::unknown && image.known != nullptr) {
        state.mark = image.known->mark;
    }
    state.revision = confirms ? expected.confirms->revision : answer.revision;
    state.isReachableAroundGate = answer.isReachableAroundGate;
    state.policyDigest = access.policyDigest;
    state.observedAt = answer.observedAt;
    const bool keepsLifetime = confirms && !answer.hasLifetime && expected.confirmedLifetime;
    setLifetime(state, keepsLifetime ? *expected.confirmedLifetime : answer.lifetime, answer.age,
                access.lifetimeFallback);
    const bool continues = expected.confirms != nullptr && image.known != nullptr;
    return continues ? mergeStates(*image.known, state) : state;
}

// The mark for an answer that has neither the image's bytes nor a flag. A 304 may concern any
// revision, so the mark is unknown; a 412 or 416 concerns the image that is known.
Mark markWithoutFlag(const RequestAccess& access, const JudgedImage& image,
                     const OriginAnswer& answer) {
    const bool isForAnyRevision = answer.status == notModifiedStatus;
    return isForAnyRevision && image.gateMark != Mark::privateImage
               ? Mark::unknown
               : judgeKnown(access, image, answer.observedAt).mark;
}

}  // namespace

Mark resolveMark(const RequestAccess& access, const JudgedImage& image, Mark observed) {
    const Mark mark = combine(observed, image.gateMark);
    return mark == Mark::unknown ? access.unmarked : mark;
}

bool isReliable(const RequestAccess& access, const JudgedImage& image, Milliseconds now) {
    if (image.known == nullptr) {
        return false;
    }
    const OriginState& known = *image.known;
    const bool isPrivate = known.mark == Mark::privateImage || image.gateMark == Mark::privateImage;
    if (known.policyDigest != access.policyDigest || (isPrivate && known.isReachableAroundGate)) {
        return false;
    }
    return isReadSince(access, image, now) || isMarkReliable(known, now, access.markValid);
}

bool isConfirmed(const RequestAccess& access, const JudgedImage& image, Milliseconds now) {
    return isReliable(access, image, now) &&
           (isReadSince(access, image, now) || isFresh(*image.known, now));
}

bool mayShowUntransformed(const RequestAccess& access, const JudgedImage& image, Mark observed) {
    return decideUntransformed(image.requestKind, resolveMark(access, image, observed),
                               access.signature, access.policy)
        .allowed;
}

KnownJudgement judgeKnown(const RequestAccess& access, const JudgedImage& image, Milliseconds now) {
    KnownJudgement judgement;
    if (image.gateMark == Mark::privateImage) {
        judgement.mark = Mark::privateImage;
    } else if (isReliable(access, image, now)) {
        judgement.mark = resolveMark(access, image, image.known->mark);
    }
    judgement.decision = decideBy(access, image, judgement.mark);
    return judgement;
}

KnownJudgement judgeKnownOrObserved(const RequestAccess& access, const JudgedImage& image,
                                    Mark observed, Milliseconds now) {
    KnownJudgement judgement = judgeKnown(access, image, now);
    if (judgement.mark == Mark::unknown) {
        judgement.mark = resolveMark(access, image, observed);
        judgement.decision = decideBy(access, image, judgement.mark);
    }
    return judgement;
}

bool isExpected(unsigned status, const ExpectedAnswer& expected) {
    switch (status) {
        case 200:
        case 203:
            return true;
        case notModifiedStatus:
            return expected.notModified;
        case preconditionFailed:
        case rangeNotSatisfiable:
            return expected.conditionFailures;
        default:
            return expected.anySuccess && hasBytes(status);
    }
}

AnswerJudgement judgeAnswer(const RequestAccess& access, const JudgedImage& image,
                            const OriginAnswer& answer, const ExpectedAnswer& expected,
                            ImageKnowledge& knowledge) {
    if (answer.redirectHeadersLost) {
        return refuseAnswer(Reason::originError, "proxy_cache kept an error without its headers");
    }
    if (!answer.isHttp) {
        return refuseAnswer(Reason::originError, "the origin does not answer in HTTP");
    }
    if (!isExpected(answer.status, expected)) {
        return judgeFailure(image, answer, {}, knowledge);
    }
    const bool isContradiction = isConfirmation(answer, expected) &&
                                 contradicts(answer.revision, expected.confirms->revision);
    const bool confirms = isConfirmation(answer, expected) && !isContradiction;

    AnswerJudgement judgement;
    if (hasBytes(answer.status)) {
        judgement.use = AnswerJudgement::Use::image;
    } else if (isContradiction) {
        judgement.use = AnswerJudgement::Use::contradiction;
    } else if (confirms) {
        judgement.use = AnswerJudgement::Use::confirmation;
    }
    if (!hasBytes(answer.status) && !confirms && answer.mark == Mark::unknown) {
        judgement.mark = markWithoutFlag(access, image, answer);
    } else {
        ExpectedAnswer valid = expected;
        valid.confirms = isContradiction ? nullptr : expected.confirms;
        OriginState state = stateAfter(access, image, answer, valid);
        if (knowledge.remember(state).mark == Mark::privateImage) {
            state.mark = Mark::privateImage;
        }
        judgement.mark = resolveMark(access, image, state.mark);
        judgement.state = state;
    }
    judgement.decision = decideBy(access, image, judgement.mark);
    if (answer.markFailed) {
        judgement.decision = {false, Reason::internal};
        judgement.detail = "private_image_mark could not be evaluated";
    } else if (judgement.decision.allowed && judgement.mark == Mark::privateImage &&
               answer.isReachableAroundGate) {
        judgement.decision = {false, Reason::internal};
        judgement.detail = answer.reachableDetail;
    }
    return judgement;
}

AnswerJudgement judgeFailure(const JudgedImage& image, const OriginAnswer& answer,
                             std::string_view storageCode, ImageKnowledge& knowledge) {
    if (image.known != nullptr && answer.mark == Mark::privateImage) {
        OriginState known = *image.known;
        known.mark = Mark::privateImage;
        known.observedAt = answer.observedAt;
        knowledge.remember(known);
    }
    const Reason reason = failureReason(answer, storageCode);
    if (reason == Reason::notFound) {
        knowledge.rememberMissing();
    }
    return refuseAnswer(reason, failureDetail(answer, storageCode));
}

Reason failureReason(const OriginAnswer& answer, std::string_view storageCode) {
    if (meansMissing(storageCode)) {
        return Reason::notFound;
    }
    if (!storageErrorText(storageCode).empty()) {
        return Reason::originError;
    }
    if (answer.isFolder) {
        return Reason::notFound;
    }
    switch (answer.status) {
        case 404:
        case 410:
            return Reason::notFound;
        case 401:
        case 403:
            return storageCode.empty() ? Reason::originRefused : Reason::originError;
        case 504:
            return answer.isNginxTimeout ? Reason::originTimeout : Reason::originError;
        default:
            return Reason::originError;
    }
}

bool contradicts(const Revision& answered, const Revision& revision) {
    return (answered.etag != 0 && answered.etag != revision.etag) ||
           (answered.lastModified != -1 && answered.lastModified != revision.lastModified);
}

}  // namespace private_image
