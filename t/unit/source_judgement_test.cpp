// The judgement of several images together: the strictest of them counts.
#include "access/source_judgement.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace private_image {
namespace {

constexpr Milliseconds now = 1'700'000'000'000;

RequestAccess accessWith(Signature signature) {
    RequestAccess access;
    access.signature.signature = signature;
    access.markValid = 60'000;
    access.arrivedAt = now - 5;
    return access;
}

OriginState known(Mark mark, Milliseconds age = 1000) {
    OriginState state;
    state.mark = mark;
    state.observedAt = now - age;
    state.freshUntil = now + 1000;
    return state;
}

const OriginState publicState = known(Mark::publicImage);
const OriginState privateState = known(Mark::privateImage);
const OriginState oldState = known(Mark::publicImage, 120'000);

JudgedImage of(const OriginState* state, RequestKind requestKind = RequestKind::original) {
    return {requestKind, Mark::unknown, state};
}

struct Row {
    const char* name;
    Signature signature;
    std::vector<const OriginState*> images;  // the original, then layers; null: nothing is known
    bool isAllowed;
    Reason reason;
    Mark mark;
};

const Row rows[] = {
    {"public", Signature::none, {&publicState}, true, Reason::publicImage, Mark::publicImage},
    {"private", Signature::none, {&privateState}, false, Reason::unsignedUrl, Mark::privateImage},
    {"unknown", Signature::none, {nullptr}, false, Reason::unsignedUrl, Mark::unknown},
    {"too old", Signature::none, {&oldState}, false, Reason::unsignedUrl, Mark::unknown},
    {"public with public layer",
     Signature::none,
     {&publicState, &publicState},
     true,
     Reason::publicImage,
     Mark::publicImage},
    {"public with private layer",
     Signature::none,
     {&publicState, &privateState},
     false,
     Reason::unsignedUrl,
     Mark::privateImage},
    {"public with unknown layer",
     Signature::none,
     {&publicState, nullptr},
     false,
     Reason::unsignedUrl,
     Mark::publicImage},
    {"private with public layer",
     Signature::none,
     {&privateState, &publicState},
     false,
     Reason::unsignedUrl,
     Mark::privateImage},
    {"signed public with private layer",
     Signature::valid,
     {&publicState, &privateState},
     true,
     Reason::signedUrl,
     Mark::privateImage},
    {"signed private",
     Signature::valid,
     {&privateState},
     true,
     Reason::signedUrl,
     Mark::privateImage},
    {"bad signature",
     Signature::bad,
     {&privateState},
     false,
     Reason::badSignature,
     Mark::privateImage},
};

TEST(SourceJudgement, TheStrictestImageDecides) {
    for (const Row& row : rows) {
        std::vector<JudgedImage> images;
        for (const OriginState* state : row.images) {
            images.push_back(of(state));
        }
        const KnownJudgement judgement = judgeSources(accessWith(row.signature), images, now);
        EXPECT_EQ(judgement.decision.allowed, row.isAllowed) << row.name;
        EXPECT_EQ(judgement.decision.reason, row.reason) << row.name;
        EXPECT_EQ(judgement.mark, row.mark) << row.name;
    }
}

TEST(SourceJudgement, NoImageIsRefused) {
    EXPECT_FALSE(judgeSources(accessWith(Signature::valid), {}, now).decision.allowed);
}

TEST(SourceJudgement, EveryMarkHasToBeReliable) {
    const RequestAccess access = accessWith(Signature::none);
    const JudgedImage images[] = {of(&publicState), of(&privateState), of(&oldState)};
    EXPECT_TRUE(haveReliableMarks(access, {images, 2}, now));
    EXPECT_FALSE(haveReliableMarks(access, images, now));
}

TEST(SourceJudgement, EveryImageHasToBeFresh) {
    const RequestAccess access = accessWith(Signature::none);
    OriginState stale = publicState;
    stale.freshUntil = now - 1;
    const JudgedImage images[] = {of(&publicState), of(&privateState), of(&stale)};
    EXPECT_TRUE(areConfirmed(access, {images, 2}, now));
    EXPECT_FALSE(areConfirmed(access, images, now));
}

TEST(SourceJudgement, OnlyAReliableMarkDenies) {
    const RequestAccess access = accessWith(Signature::none);
    EXPECT_TRUE(isReliablyDenied(access, of(&privateState), now));
    EXPECT_FALSE(isReliablyDenied(access, of(&publicState), now));
    EXPECT_FALSE(isReliablyDenied(access, of(nullptr), now));
    EXPECT_FALSE(isReliablyDenied(accessWith(Signature::valid), of(&privateState), now));
}

}  // namespace
}  // namespace private_image
