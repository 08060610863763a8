#include <gtest/gtest.h>

#include "upload/cloudflare_api/draft.hpp"

namespace private_image::upload {
namespace {

Draft someDraft(bool isPrivate) {
    Draft draft;
    draft.isPrivate = isPrivate;
    draft.details.creator = "me";
    draft.details.metadata = R"({"a":[1]})";
    draft.urlDigest = {0, 1, 2, 255, 254, 7};
    draft.expires = 1'796'000'000;
    return draft;
}

TEST(Draft, IsReadAsItWasWritten) {
    for (const bool isPrivate : {true, false}) {
        const Draft draft = someDraft(isPrivate);
        const auto json = toJson(draft.details);
        ASSERT_TRUE(json);
        const auto read = parseDraft(draftText(draft, *json));
        ASSERT_TRUE(read);
        EXPECT_EQ(read->isPrivate, isPrivate);
        EXPECT_EQ(read->details, draft.details);
        EXPECT_EQ(read->urlDigest, draft.urlDigest);
        EXPECT_EQ(read->expires, draft.expires);
    }
}

TEST(Draft, AnyOtherTextIsNone) {
    const std::string text = draftText(someDraft(true), "{}");
    EXPECT_TRUE(parseDraft(text));
    for (std::size_t length = 0; length < text.size(); length++) {
        EXPECT_FALSE(parseDraft(text.substr(0, length))) << length;
    }
    EXPECT_FALSE(parseDraft("1!" + text.substr(2)));
    EXPECT_FALSE(parseDraft(text + "x"));
}

}  // namespace
}  // namespace private_image::upload
