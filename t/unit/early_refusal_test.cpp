// What the gate refuses before it asks the origin, and what looks like a missing image.
#include "access/early_refusal.hpp"

#include <gtest/gtest.h>

#include "access/error_redirect.hpp"
#include "access/render_reason.hpp"

namespace private_image {
namespace {

struct Row {
    const char* name;
    Mark mark;
    bool allowed;
    bool isMissing, hasDefaultImage, denialsLookMissing;
    std::optional<Reason> refusal;
};

constexpr Reason denied = Reason::unsignedUrl;

constexpr Row rows[] = {
    {"allowed", Mark::publicImage, true, false, false, false, {}},
    {"denied", Mark::privateImage, false, false, false, false, denied},
    {"unknown mark", Mark::unknown, false, false, false, false, {}},
    {"denied, looks missing", Mark::privateImage, false, false, false, true, denied},
    {"denied, default image", Mark::privateImage, false, false, true, false, denied},
    {"denied, default image in its place", Mark::privateImage, false, false, true, true, {}},
    {"missing", Mark::publicImage, true, true, false, false, Reason::notFound},
    {"missing, unknown mark", Mark::unknown, false, true, false, false, Reason::notFound},
    {"missing, default image", Mark::publicImage, true, true, true, false, {}},
    {"missing and denied", Mark::privateImage, false, true, false, false, denied},
    {"missing and denied, default image", Mark::privateImage, false, true, true, true, {}},
};

TEST(EarlyRefusal, ByWhatIsKnownAtTheGate) {
    for (const Row& row : rows) {
        KnownAtGate known;
        known.judgement.mark = row.mark;
        known.judgement.decision = {row.allowed, row.allowed ? Reason::publicImage : denied};
        known.isMissing = row.isMissing;
        known.hasDefaultImage = row.hasDefaultImage;
        known.denialsLookMissing = row.denialsLookMissing;
        EXPECT_EQ(refuseByKnowledge(known), row.refusal) << row.name;
    }
}

TEST(EarlyRefusal, DenialsAndRefusalsOfTheOriginLookMissing) {
    for (int i = 0; i <= static_cast<int>(Reason::internal); i++) {
        const auto reason = static_cast<Reason>(i);
        EXPECT_EQ(looksMissing(reason, true), isDenial(reason) || reason == Reason::originRefused)
            << reasonWord(reason);
        EXPECT_FALSE(looksMissing(reason, false)) << reasonWord(reason);
    }
}

TEST(ErrorRedirect, NeverAfterARefusalOrAFailureOfThisServer) {
    for (int i = 0; i <= static_cast<int>(Reason::internal); i++) {
        const auto reason = static_cast<Reason>(i);
        const bool isExpected = reason == Reason::tooLarge || reason == Reason::unsupportedType ||
                                reason == Reason::damaged || reason == Reason::outputTooLarge ||
                                reason == Reason::timeout;
        EXPECT_EQ(mayRedirectToSource(reason), isExpected) << reasonWord(reason);
    }
}

TEST(RenderReason, OfEveryProblem) {
    EXPECT_EQ(reasonOf(RenderProblem::unsupportedType), Reason::unsupportedType);
    EXPECT_EQ(reasonOf(RenderProblem::tooLarge), Reason::tooLarge);
    EXPECT_EQ(reasonOf(RenderProblem::damaged), Reason::damaged);
    EXPECT_EQ(reasonOf(RenderProblem::badOptions), Reason::badOptions);
    EXPECT_EQ(reasonOf(RenderProblem::outputTooLarge), Reason::outputTooLarge);
    EXPECT_EQ(reasonOf(RenderProblem::timeout), Reason::timeout);
    EXPECT_EQ(reasonOf(RenderProblem::cancelled), Reason::internal);
    EXPECT_EQ(reasonOf(RenderProblem::internal), Reason::internal);
}

}  // namespace
}  // namespace private_image
