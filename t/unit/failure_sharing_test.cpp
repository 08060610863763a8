// Which failures the followers of a request share, and what they are judged by first: the whole
// lists of reasons, statuses, marks and signatures as tables.
#include "access/failure_sharing.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <string>

namespace private_image {
namespace {

constexpr Milliseconds now = 1'700'000'000'000;
constexpr std::size_t reasonCount = static_cast<std::size_t>(Reason::internal) + 1;

std::string nameOf(Reason reason) {
    return std::string(reasonWord(reason));
}

struct SharingRow {
    Reason reason;
    bool isShared;
    bool needsJudgement;  // of the follower; only for shared failures
};

constexpr std::array<SharingRow, reasonCount> sharing{{
    {Reason::publicImage, false, true},    {Reason::signedUrl, false, true},
    {Reason::variant, false, true},        {Reason::unsignedUrl, false, true},
    {Reason::badSignature, false, true},   {Reason::expired, false, true},
    {Reason::expiryTooFar, false, true},   {Reason::adhocOff, false, true},
    {Reason::unknownVariant, false, true}, {Reason::badUrl, false, true},
    {Reason::badOptions, true, true},      {Reason::method, false, true},
    {Reason::notFound, true, false},       {Reason::originRefused, true, false},
    {Reason::originError, true, false},    {Reason::originTimeout, true, false},
    {Reason::tooLarge, true, true},        {Reason::unsupportedType, true, true},
    {Reason::damaged, true, true},         {Reason::outputTooLarge, true, true},
    {Reason::busy, false, true},           {Reason::timeout, true, true},
    {Reason::internal, false, true},
}};

TEST(FailureSharing, TableNamesEveryReasonOnce) {
    for (std::size_t i = 0; i < sharing.size(); i++) {
        EXPECT_EQ(sharing[i].reason, static_cast<Reason>(i));
    }
}

TEST(FailureSharing, SharesWhatEveryRequestWouldMeet) {
    for (const SharingRow& row : sharing) {
        EXPECT_EQ(isSharedFailure(row.reason), row.isShared) << nameOf(row.reason);
    }
}

TEST(FailureSharing, NeverSharesADenial) {
    for (const SharingRow& row : sharing) {
        EXPECT_FALSE(isDenial(row.reason) && isSharedFailure(row.reason)) << nameOf(row.reason);
    }
}

RequestAccess accessWith(Signature signature) {
    RequestAccess access;
    access.signature.signature = signature;
    access.markValid = 60'000;
    access.arrivedAt = now - 5;
    return access;
}

TEST(FailureSharing, JudgesAFollowerWhereTheLeaderHasReadAMark) {
    const JudgedImage image{RequestKind::adhoc};
    for (const SharingRow& row : sharing) {
        const LeaderFailure failure{row.reason, Mark::privateImage, true};
        const auto unsignedRefusal =
            refuseFollower(accessWith(Signature::none), {&image, 1}, failure, now);
        EXPECT_EQ(unsignedRefusal.has_value(), row.needsJudgement) << nameOf(row.reason);
        EXPECT_FALSE(refuseFollower(accessWith(Signature::valid), {&image, 1}, failure, now))
            << nameOf(row.reason);
    }
}

struct FollowerRow {
    Signature signature;
    Mark read;
    bool hasRead;
    bool isRefused;
};

// The leader has failed with a damaged source. A mark that was not read is judged as private.
constexpr FollowerRow followers[] = {
    {Signature::none, Mark::publicImage, true, false},
    {Signature::none, Mark::privateImage, true, true},
    {Signature::none, Mark::unknown, true, false},  // private_image_unmarked is public
    {Signature::none, Mark::unknown, false, true},
    {Signature::bad, Mark::publicImage, true, false},
    {Signature::bad, Mark::privateImage, true, true},
    {Signature::bad, Mark::unknown, false, true},
    {Signature::expired, Mark::privateImage, true, true},
    {Signature::expired, Mark::unknown, false, true},
    {Signature::valid, Mark::publicImage, true, false},
    {Signature::valid, Mark::privateImage, true, false},
    {Signature::valid, Mark::unknown, false, false},
};

TEST(FailureSharing, RefusesAFollowerThatMayNotSeeTheImage) {
    const JudgedImage image{RequestKind::adhoc};
    for (const FollowerRow& row : followers) {
        const LeaderFailure failure{Reason::damaged, row.read, row.hasRead};
        const auto refusal = refuseFollower(accessWith(row.signature), {&image, 1}, failure, now);
        EXPECT_EQ(refusal.has_value(), row.isRefused)
            << static_cast<int>(row.signature) << ' ' << markWord(row.read) << row.hasRead;
        EXPECT_TRUE(!refusal || (!refusal->allowed && isDenial(refusal->reason)));
    }
}

TEST(FailureSharing, RefusesWhereOneOfSeveralImagesIsPrivate) {
    OriginState known;
    known.mark = Mark::privateImage;
    known.observedAt = now - 1000;
    const JudgedImage images[] = {{RequestKind::adhoc},
                                  {RequestKind::original, Mark::unknown, &known},
                                  {RequestKind::original, Mark::privateImage}};
    const LeaderFailure failure{Reason::damaged, Mark::publicImage, true};
    EXPECT_FALSE(refuseFollower(accessWith(Signature::none), {images, 1}, failure, now));
    EXPECT_TRUE(refuseFollower(accessWith(Signature::none), {images, 2}, failure, now));
    EXPECT_TRUE(refuseFollower(accessWith(Signature::none), images, failure, now));
    EXPECT_FALSE(refuseFollower(accessWith(Signature::valid), images, failure, now));
}

TEST(FailureSharing, ServesStaleOnlyWhereTheOriginCannotAnswer) {
    for (const SharingRow& row : sharing) {
        const bool isOrigins =
            row.reason == Reason::originError || row.reason == Reason::originTimeout;
        for (const unsigned status : {0u, 200u, 299u, 500u, 502u, 503u, 504u, 599u}) {
            EXPECT_EQ(isOriginFailure(row.reason, status), isOrigins) << nameOf(row.reason);
        }
        for (const unsigned status : {300u, 301u, 401u, 403u, 404u, 410u, 429u, 499u}) {
            EXPECT_FALSE(isOriginFailure(row.reason, status)) << nameOf(row.reason) << status;
        }
    }
}

}  // namespace
}  // namespace private_image
