#include "image_state/image_state.hpp"

#include <gtest/gtest.h>

namespace private_image {
namespace {

constexpr std::int64_t first = 1, second = 2;  // revisions, by their Last-Modified

OriginState seen(Mark mark, Milliseconds at, std::int64_t revision = first) {
    OriginState state;
    state.mark = mark;
    state.observedAt = at;
    state.revision.lastModified = revision;
    return state;
}

TEST(ImageState, IsUnknownUntilAnAnswerIsStored) {
    const StoredImageState stored{};
    const ImageState state = stateAt(stored, 70, 100);
    EXPECT_FALSE(state.originState);
    EXPECT_FALSE(state.isMissing);
    EXPECT_EQ(state.purgedAt, 70);
}

TEST(ImageState, IsMissingForAWhileAndVoidsEarlierRequestsForEver) {
    StoredImageState stored{};
    ASSERT_TRUE(storeNotFound(stored, 2000, 1000));
    const struct {
        Milliseconds now;
        bool isMissing;
    } cases[] = {{1000, true}, {1999, true}, {2000, false}, {0, true}, {-1, false}};
    for (const auto& [now, isMissing] : cases) {
        const ImageState state = stateAt(stored, 0, now);
        EXPECT_EQ(state.isMissing, isMissing) << now;
        EXPECT_EQ(state.purgedAt, 1000) << now;
        EXPECT_FALSE(state.originState) << now;
    }
}

TEST(ImageState, IsNotMissingIfItWasSeenAfterTheRequest) {
    StoredImageState stored{};
    storeAnswer(stored, seen(Mark::publicImage, 1000), false);
    EXPECT_FALSE(storeNotFound(stored, 2000, 999));
    EXPECT_TRUE(stateAt(stored, 0, 1500).originState);
    EXPECT_TRUE(storeNotFound(stored, 2000, 1000));
    EXPECT_TRUE(stateAt(stored, 0, 1500).isMissing);
}

TEST(ImageState, ComesBackWithAnAnswerOfLaterAndKeepsItsPrivateMark) {
    StoredImageState stored{};
    storeAnswer(stored, seen(Mark::privateImage, 1000), false);
    storeNotFound(stored, 9000, 2000);
    EXPECT_FALSE(storeAnswer(stored, seen(Mark::publicImage, 1999), false).isStored);
    EXPECT_FALSE(storeAnswer(stored, seen(Mark::publicImage, 2001), true).isStored);
    const StoreResult back = storeAnswer(stored, seen(Mark::publicImage, 2001), false);
    EXPECT_TRUE(back.isStored);
    EXPECT_EQ(back.judged.mark, Mark::privateImage);
    EXPECT_EQ(stateAt(stored, 0, 2002).originState->mark, Mark::privateImage);
}

// Every mark that was stored before, by every mark of an answer; the answer is of the same revision
// or of another, and is older or newer.
TEST(ImageState, AnAnswerIsJudgedByTheWholeTable) {
    using enum Mark;
    const struct {
        Mark stored, answered;
        bool isSame, isNewer;
        Mark judged, kept;
    } cases[] = {
        {publicImage, publicImage, true, true, publicImage, publicImage},
        {publicImage, privateImage, true, true, privateImage, privateImage},
        {privateImage, publicImage, true, true, privateImage, privateImage},
        {privateImage, publicImage, false, true, publicImage, publicImage},
        {publicImage, privateImage, false, true, privateImage, privateImage},
        {privateImage, privateImage, false, true, privateImage, privateImage},
        {publicImage, privateImage, true, false, privateImage, privateImage},
        {privateImage, publicImage, true, false, privateImage, privateImage},
        {publicImage, privateImage, false, false, privateImage, publicImage},
        {privateImage, publicImage, false, false, privateImage, privateImage},
        {publicImage, publicImage, false, false, publicImage, publicImage},
        {privateImage, unknown, true, true, privateImage, privateImage},
        {privateImage, unknown, false, true, unknown, unknown},
        {privateImage, unknown, false, false, privateImage, privateImage},
        {publicImage, unknown, true, true, unknown, unknown},
    };
    for (const auto& one : cases) {
        StoredImageState stored{};
        storeAnswer(stored, seen(one.stored, 1000), false);
        const StoreResult result = storeAnswer(
            stored, seen(one.answered, one.isNewer ? 2000 : 500, one.isSame ? first : second),
            false);
        const auto row = &one - cases;
        EXPECT_TRUE(result.isStored) << row;
        EXPECT_EQ(result.judged.mark, one.judged) << row;
        EXPECT_EQ(stored.originState.mark, one.kept) << row;
    }
}

TEST(ImageState, AVoidAnswerIsJudgedByAPrivateMarkButNotStored) {
    StoredImageState stored{};
    storeAnswer(stored, seen(Mark::privateImage, 1000), false);
    const StoreResult result = storeAnswer(stored, seen(Mark::publicImage, 2000), true);
    EXPECT_FALSE(result.isStored);
    EXPECT_EQ(result.judged.mark, Mark::privateImage);
    EXPECT_EQ(stored.originState.observedAt, 1000);
}

TEST(ImageState, APurgeForgetsAllAndNeverMovesBack) {
    StoredImageState stored{};
    storeAnswer(stored, seen(Mark::privateImage, 1000), false);
    storePurge(stored, 3000);
    storePurge(stored, 2000);
    EXPECT_EQ(stored.purgedAt, 3000);
    EXPECT_FALSE(stateAt(stored, stored.purgedAt, 4000).originState);
    storeNotFound(stored, 9000, 4000);
    storePurge(stored, 5000);
    EXPECT_FALSE(stateAt(stored, stored.purgedAt, 6000).isMissing);
}

}  // namespace
}  // namespace private_image
