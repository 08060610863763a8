#include "access/failure_sharing.hpp"

namespace private_image {
namespace {

constexpr unsigned firstErrorStatus = 300, firstServerError = 500;

bool precedesMark(Reason reason) {
    return reason == Reason::originError || reason == Reason::originTimeout ||
           reason == Reason::notFound || reason == Reason::originRefused;
}

}  // namespace

bool isSharedFailure(Reason reason) {
    switch (reason) {
        case Reason::notFound:
        case Reason::originRefused:
        case Reason::originError:
        case Reason::originTimeout:
        case Reason::tooLarge:
        case Reason::unsupportedType:
        case Reason::damaged:
        case Reason::outputTooLarge:
        case Reason::badOptions:
        case Reason::timeout:
            return true;
        default:
            return false;
    }
}

bool isOriginFailure(Reason reason, unsigned status) {
    const bool isFailure = reason == Reason::originError || reason == Reason::originTimeout;
    return isFailure && (status < firstErrorStatus || status >= firstServerError);
}

std::optional<Decision> refuseFollower(const RequestAccess& access,
                                       std::span<const JudgedImage> images,
                                       const LeaderFailure& failure, Milliseconds now) {
    if (precedesMark(failure.reason)) {
        return std::nullopt;
    }
    for (const JudgedImage& image : images) {
        const KnownJudgement judgement =
            failure.hasRead ? judgeKnownOrObserved(access, image, failure.mark, now)
                            : judgeKnown(access, image, now);
        if (!judgement.decision.allowed) {
            return judgement.decision;
        }
    }
    return std::nullopt;
}

}  // namespace private_image
