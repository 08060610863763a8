// What an entry of the cache is worth by what is remembered of its images: each way in which the
// two can disagree.
#include "image_state/entry_knowledge.hpp"

#include <gtest/gtest.h>

#include <string_view>

namespace private_image {
namespace {

constexpr Milliseconds now = 1'700'000'000'000;
constexpr Milliseconds requestedAt = now - 60'000;  // when the entry was made
constexpr ImageKey image{1, 2, 3};
constexpr std::string_view path = "/a.jpg";
constexpr std::uint64_t encoder = 42;

OriginState state(Mark mark, std::string_view etag, Milliseconds observedAt,
                  Milliseconds freshUntil = now + 1000) {
    OriginState state;
    state.mark = mark;
    state.revision = revisionOf(etag, -1);
    state.observedAt = observedAt;
    state.freshUntil = freshUntil;
    return state;
}

EntrySource keptSource(const OriginState& originState) {
    EntrySource source;
    source.image = image;
    source.path = path;
    source.originState = originState;
    return source;
}

ImageState remembering(const OriginState& originState) {
    ImageState remembered;
    remembered.originState = originState;
    return remembered;
}

std::optional<OriginState> join(const OriginState& kept, const ImageState& remembered) {
    return joinKnowledge(keptSource(kept), requestedAt, {image, path, remembered});
}

TEST(EntryKnowledge, RelyOnTheEntryWhereNothingIsRemembered) {
    const auto known = join(state(Mark::privateImage, "a", requestedAt), {});
    ASSERT_TRUE(known);
    EXPECT_EQ(known->mark, Mark::privateImage);
    EXPECT_EQ(known->observedAt, requestedAt);
}

TEST(EntryKnowledge, EntryOfAnotherImageIsVoid) {
    const EntrySource kept = keptSource(state(Mark::publicImage, "a", requestedAt));
    const ImageKey other{9};
    const ImageState nothing;
    EXPECT_TRUE(joinKnowledge(kept, requestedAt, {image, path, nothing}));
    EXPECT_FALSE(joinKnowledge(kept, requestedAt, {other, path, nothing}));
    EXPECT_FALSE(joinKnowledge(kept, requestedAt, {image, "/b.jpg", nothing}));
}

TEST(EntryKnowledge, EntryIsVoidOnceItsImageWasPurgedOrIsMissing) {
    const OriginState kept = state(Mark::publicImage, "a", requestedAt);
    ImageState remembered;
    remembered.purgedAt = requestedAt - 1;
    EXPECT_TRUE(join(kept, remembered));
    remembered.purgedAt = requestedAt;
    EXPECT_FALSE(join(kept, remembered));
    remembered.purgedAt = requestedAt + 1;
    EXPECT_FALSE(join(kept, remembered));
    remembered.purgedAt = 0;
    remembered.isMissing = true;
    EXPECT_FALSE(join(kept, remembered));
}

struct RevisionRow {
    std::string_view kept, later;  // ETags; empty: none
    Milliseconds laterAt;          // after the entry was made
    bool isUsable;
};

constexpr RevisionRow revisions[] = {
    {"a", "a", 1000, true},  {"a", "a", 0, true},    {"a", "a", -1000, true},
    {"a", "b", 1000, false}, {"a", "b", 0, false},   {"a", "b", -1000, true},
    {"a", "", 1000, false},  {"a", "", -1000, true}, {"", "a", 1000, false},
    {"", "a", -1000, true},  {"", "", 1000, true},   {"", "", -1000, true},
};

TEST(EntryKnowledge, AnotherRevisionVoidsAnOlderEntry) {
    for (const RevisionRow& row : revisions) {
        const auto known =
            join(state(Mark::publicImage, row.kept, requestedAt),
                 remembering(state(Mark::publicImage, row.later, requestedAt + row.laterAt)));
        EXPECT_EQ(known.has_value(), row.isUsable)
            << row.kept << ' ' << row.later << ' ' << row.laterAt;
    }
}

struct MarkRow {
    std::string_view etag;
    Mark kept, later;
    Mark known;
};

// The later one was read after the entry was made.
constexpr MarkRow marks[] = {
    {"a", Mark::publicImage, Mark::publicImage, Mark::publicImage},
    {"a", Mark::publicImage, Mark::privateImage, Mark::privateImage},
    {"a", Mark::privateImage, Mark::publicImage, Mark::privateImage},
    {"a", Mark::privateImage, Mark::unknown, Mark::privateImage},
    {"a", Mark::unknown, Mark::privateImage, Mark::privateImage},
    {"", Mark::privateImage, Mark::publicImage, Mark::privateImage},
    {"", Mark::privateImage, Mark::unknown, Mark::privateImage},
    {"", Mark::publicImage, Mark::privateImage, Mark::privateImage},
    {"", Mark::publicImage, Mark::publicImage, Mark::publicImage},
};

TEST(EntryKnowledge, PrivateMarkOfOneRevisionStays) {
    for (const MarkRow& row : marks) {
        const auto known = join(state(row.kept, row.etag, requestedAt),
                                remembering(state(row.later, row.etag, now)));
        ASSERT_TRUE(known);
        EXPECT_EQ(known->mark, row.known)
            << row.etag << ' ' << markWord(row.kept) << ' ' << markWord(row.later);
    }
}

TEST(EntryKnowledge, WithoutARevisionNothingProlongsAnEntry) {
    const Milliseconds keptUntil = now + 5, later = now + 3'600'000;
    EXPECT_EQ(confirmedBy(state(Mark::publicImage, "", requestedAt, keptUntil),
                          state(Mark::publicImage, "", now, later))
                  .freshUntil,
              keptUntil);
    EXPECT_EQ(confirmedBy(state(Mark::publicImage, "a", requestedAt, keptUntil),
                          state(Mark::publicImage, "a", now, later))
                  .freshUntil,
              later);
}

TEST(EntryKnowledge, EntryIsValidForOneEncoderAndNumberOfImages) {
    EntryRecord entry;
    entry.encoder = encoder;
    entry.requestedAt = now;
    entry.sources.resize(2);
    EXPECT_TRUE(isEntryValid(entry, encoder, 2, now));
    EXPECT_FALSE(isEntryValid(entry, encoder + 1, 2, now));
    EXPECT_FALSE(isEntryValid(entry, encoder, 1, now));
    EXPECT_FALSE(isEntryValid(entry, encoder, 3, now));
    entry.requestedAt = now + clockLeeway;
    EXPECT_TRUE(isEntryValid(entry, encoder, 2, now));
    entry.requestedAt = now + clockLeeway + 1;
    EXPECT_FALSE(isEntryValid(entry, encoder, 2, now));
}

TEST(EntryKnowledge, ImageMayBecomePrivateWhileItIsRendered) {
    const OriginState fetched = state(Mark::publicImage, "a", now);
    EXPECT_EQ(knownAfterRender(fetched, {}).mark, Mark::publicImage);
    for (const std::string_view etag : {"a", "b", ""}) {
        const ImageState remembered = remembering(state(Mark::privateImage, etag, now + 1));
        EXPECT_EQ(knownAfterRender(fetched, remembered).mark, Mark::privateImage) << etag;
        EXPECT_EQ(knownAfterRender(fetched, remembered).observedAt, now);
    }
    const OriginState hidden = state(Mark::privateImage, "a", now);
    EXPECT_EQ(knownAfterRender(hidden, remembering(state(Mark::publicImage, "a", now + 1))).mark,
              Mark::privateImage);
}

}  // namespace
}  // namespace private_image
