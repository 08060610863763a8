// ImageKit's conditions: the comparisons, and the chains of both branches.
#include "dialect/imagekit/condition.hpp"
#include "imagekit_fixture.hpp"

namespace private_image::imagekit {
namespace {

using ImagekitConditions = Imagekit;
using Relation = Condition::Relation;
using Comparison = Condition::Test;

TEST_F(ImagekitConditions, chooseBetweenChains) {
    const Step choice = step("if-ar_gt_1,w-200,if-else,w-300,if-end");
    ASSERT_TRUE(choice.condition);
    EXPECT_EQ(
        choice.condition->anyOf,
        (std::vector<std::vector<Comparison>>{{{Variable::currentRatio, Relation::greater, 1}}}));
    ASSERT_EQ(choice.then.size(), 1u);
    ASSERT_EQ(choice.otherwise.size(), 1u);
    EXPECT_EQ(choice.then[0].width, pixels(200));
    EXPECT_EQ(choice.otherwise[0].width, pixels(300));

    const Step alone = step("if-w_lte_300,w-200,bl-5:rt-90,if-end");
    EXPECT_EQ(alone.then.size(), 2u);
    EXPECT_TRUE(alone.otherwise.empty());
    EXPECT_EQ(transform("w-9:if-w_gt_1,h-5,if-end:bl-9").steps.size(), 3u);
}

TEST_F(ImagekitConditions, compareSizesAndRatios) {
    const std::pair<const char*, Comparison> tests[] = {
        {"w_eq_5", {Variable::currentWidth, Relation::equal, 5}},
        {"h_ne_5", {Variable::currentHeight, Relation::unequal, 5}},
        {"ar_gte_1.5", {Variable::currentRatio, Relation::greaterEqual, 1.5}},
        {"ar_eq_4-3", {Variable::currentRatio, Relation::equal, 4.0 / 3}},
        {"iw_lt_65535", {Variable::inputWidth, Relation::less, 65535}},
        {"ih_gt_0", {Variable::inputHeight, Relation::greater, 0}},
        {"iar_lte_16-9", {Variable::inputRatio, Relation::lessEqual, 16.0 / 9}},
    };
    for (const auto& [text, test] : tests) {
        const auto condition = parseCondition(text);
        ASSERT_TRUE(condition) << text;
        EXPECT_EQ(condition->anyOf, std::vector<std::vector<Comparison>>{{test}}) << text;
    }
}

TEST_F(ImagekitConditions, andBindsTighterThanOr) {
    const auto condition = parseCondition("w_gt_1_and_h_gt_2_or_w_lt_3_and_h_lt_4_or_ih_eq_5");
    ASSERT_TRUE(condition);
    ASSERT_EQ(condition->anyOf.size(), 3u);
    EXPECT_EQ(condition->anyOf[0].size(), 2u);
    EXPECT_EQ(condition->anyOf[1].size(), 2u);
    EXPECT_EQ(condition->anyOf[2].size(), 1u);
    expectSame("if-w_gt_1_or_h_gt_2,bl-5,if-end", "if-h_gt_2_or_w_gt_1,bl-5,if-end");
}

TEST_F(ImagekitConditions, nestAndArePermittedInLayers) {
    const Step outer = step(
        "if-w_gt_1,if-h_gt_1,bl-5,if-else,bl-6,if-end,if-else,bl-7:if-h_lt_9,bl-8,if-end,if-end");
    ASSERT_EQ(outer.then.size(), 1u);
    EXPECT_TRUE(outer.then[0].condition);
    ASSERT_EQ(outer.otherwise.size(), 2u);
    EXPECT_TRUE(outer.otherwise[1].condition);

    const Step layered = step("if-w_gt_1,l-image,i-a.png,l-end,if-end");
    EXPECT_EQ(layered.then.at(0).layers.at(0).path, "/a.png");
    const Layer layer = this->layer("l-image,i-a.png,t-false:if-w_gt_1,w-5,if-end");
    EXPECT_TRUE(layer.steps.at(0).condition);
    expectSame("if-w_gt_1,w-5,if-else,w-05,if-end", "w-5");
}

TEST_F(ImagekitConditions, malformedConditionsAreRefused) {
    for (const auto* test :
         {"w",          "w_gt",    "w_gt_",      "w_gt_x", "w_foo_1",           "d_gt_1",
          "w_gt_4-3",   "w_gt_N1", "w_gt_65536", "_gt_1",  "w_gt_1_and_",       "_or_w_gt_1",
          "w_gt_1_and", "ar_gt_0", "ar_gt_4-0",  "W_gt_1", "w_gt_1_xor_h_gt_1", "bw_gt_1",
          "cw_gt_1",    "w_gt_1_2"}) {
        expectBadChain("if-" + std::string(test) + ",w-1,if-end", "option \"if\" must be");
    }
    expectBadChain("if", "unknown option \"if\"");
    expectBadChain("if-", "option \"if\" must be");
}

TEST_F(ImagekitConditions, incompleteConditionsAreRefused) {
    expectBadChain("if-w_gt_1", "needs a transformation on each side");
    expectBadChain("if-w_gt_1,if-end", "needs a transformation on each side");
    expectBadChain("if-w_gt_1,w-1,if-else,if-end", "needs a transformation on each side");
    expectBadChain("if-w_gt_1,if-else,w-1,if-end", "needs a transformation on each side");
    expectBadChain("if-w_gt_1,w-1", "lacks its \"if-end\"");
    expectBadChain("if-w_gt_1,w-1,if-else,w-2", "lacks its \"if-end\"");
    expectBadChain("if-w_gt_1,w-1,if-else,w-2,if-else,w-3,if-end", "belongs to no condition");
    expectBadChain("if-end", "\"if-end\" belongs to no condition");
    expectBadChain("w-1,if-else", "\"if-else\" belongs to no condition");
    expectBadChain("if-w_gt_1:w-1,if-end", "needs a comma");
    expectBadChain("if-w_gt_1,w-1:if-end", "needs a comma");
    expectBadChain("if-w_gt_1,w-1,if-else:w-2,if-end", "needs a comma");
    expectBadChain("l-image,i-a,if-w_gt_1,w-1,l-end", "");
    expectBadChain("if-w_gt_1,l-image,i-a,if-end,l-end", "");
}

TEST_F(ImagekitConditions, areTheOnlyItemOfTheirStep) {
    expectBadChain("w-1,if-w_gt_1,w-1,if-end", "must be the only item of its step");
    expectBadChain("if-w_gt_1,w-1,if-end,h-1", "must be the only item of its step");
    expectBadChain("q-5,if-w_gt_1,w-1,if-end", "must be the only item of its step");
    expectBadChain("if-w_gt_1,w-1,if-end,if-w_gt_1,w-1,if-end",
                   "must be the only item of its step");
}

TEST_F(ImagekitConditions, mayChangeTheResult) {
    const Step choice = step("if-w_gt_1,q-5,f-png,lo-true,if-else,md-true,cp-true,dn-5,if-end");
    ASSERT_EQ(choice.then.size(), 1u);
    EXPECT_EQ(choice.then[0].result.quality, 5);
    EXPECT_EQ(choice.then[0].result.formatChoice, FormatChoice::named);
    EXPECT_EQ(choice.then[0].result.format, Format::png);
    EXPECT_EQ(choice.then[0].result.lossless, true);
    ASSERT_EQ(choice.otherwise.size(), 1u);
    EXPECT_EQ(choice.otherwise[0].result.metadata, Metadata::keep);
    EXPECT_EQ(choice.otherwise[0].result.keepsProfile, true);
    EXPECT_EQ(choice.otherwise[0].result.density, 5);
    EXPECT_TRUE(isNegotiated(transform("if-w_gt_1,f-auto,if-end")));
    expectSame("if-w_gt_1,q-5,w-9,if-end", "if-w_gt_1,w-9,q-5,if-end");
    expectBadChain("if-w_gt_1,q-5,q-6,if-end", "option \"q\" is given twice");
    expectBadChain("if-w_gt_1,q-0,if-end", "option \"q\" must be");
}

TEST_F(ImagekitConditions, areOverriddenByLaterItems) {
    const Transform read = transform("q-7,f-webp:if-w_gt_1,q-5,if-end:q-6,w-9");
    EXPECT_EQ(read.encoding.quality, 7);
    EXPECT_EQ(read.format, Format::webp);
    ASSERT_EQ(read.steps.size(), 2u);
    EXPECT_EQ(read.steps[1].result.quality, 6);
    EXPECT_EQ(read.steps[1].width, pixels(9));
    EXPECT_EQ(transform("if-w_gt_1,w-5,if-end:q-6").encoding.quality, 6);
}

TEST_F(ImagekitConditions, mayContainVariants) {
    const Step choice = step("if-w_gt_1,n-preview,q-9,if-else,n-preview:w-9,if-end");
    ASSERT_EQ(choice.then.size(), 3u);
    EXPECT_EQ(choice.then[0].width, pixels(600));
    EXPECT_EQ(choice.then[1].result.quality, 42);
    EXPECT_EQ(choice.then[1].result.watermarks, (std::vector<const Watermark*>{&logo_}));
    EXPECT_EQ(choice.then[2].result.quality, 9);
    ASSERT_EQ(choice.otherwise.size(), 3u);
    const auto requested = parseStep("if-w_gt_1,n-preview,if-end");
    ASSERT_TRUE(requested);
    EXPECT_EQ(requested->requestKind, RequestKind::adhoc);
    EXPECT_EQ(requested->variant, "");
    EXPECT_TRUE(requested->transform.watermarks.empty());
    expectError(parseStep("if-w_gt_1,n-unknown,if-end"), Reason::unknownVariant, "n-unknown");
    expectBadChain("if-w_gt_1,n-full,if-end", "must be the only item");
    expectBadChain("if-w_gt_1,n-large,if-end", "\"large\" is not permitted in a condition");
}

TEST_F(ImagekitConditions, ofVariantsKeepNoMetadata) {
    Step choice;
    choice.condition = Condition{{{{}}}};
    choice.then.resize(1);
    choice.then[0].result.metadata = Metadata::keep;
    choice.then[0].width = pixels(5);
    Variant& keeper = add("keeper");
    keeper.isPublic = true;
    keeper.transform.steps = {choice};
    const auto metadataOf = [](const Transform& read) {
        return read.steps[0].then[0].result.metadata;
    };
    EXPECT_FALSE(metadataOf(transform("n-keeper")));
    EXPECT_FALSE(metadataOf(transform("n-keeper,bl-5")));
    EXPECT_FALSE(metadataOf(transform("n-keeper:if-w_gt_1,n-keeper,if-end")));
    variants_["keeper"].isPublic = false;
    EXPECT_EQ(metadataOf(transform("n-keeper")), Metadata::keep);
    EXPECT_FALSE(metadataOf(transform("n-keeper,bl-5")));
}

TEST_F(ImagekitConditions, cannotContainKeysThatAreNeededBeforeDecoding) {
    for (const auto* item : {"di-a.png", "pg-1", "orig-true"}) {
        expectBadChain("if-w_gt_1," + std::string(item) + ",if-end",
                       "\" is not permitted in a condition");
    }
    for (const auto* item : {"f-png", "md-true", "n-preview"}) {
        expectBadChain("l-image,i-a.png:if-w_gt_1," + std::string(item) + ",if-end,l-end",
                       "is not permitted in a layer");
    }
}

}  // namespace
}  // namespace private_image::imagekit
