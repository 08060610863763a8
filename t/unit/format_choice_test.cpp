// The format of a result, chosen from the source, the result and the formats that the client
// accepts.
#include "render/format_choice.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace private_image {
namespace {

Format chosen(SourceType source, bool animated, std::vector<Format> negotiated,
              bool hasAlpha = false) {
    FormatQuestion question;
    question.source = source;
    question.isAnimated = animated;
    question.hasAlpha = hasAlpha;
    question.negotiated = negotiated;
    return chooseFormat(question);
}

TEST(ChooseFormat, ANamedFormatWins) {
    FormatQuestion question;
    question.named = Format::png;
    const Format negotiated[] = {Format::avif};
    question.negotiated = negotiated;
    question.source = SourceType::gif;
    question.isAnimated = true;
    EXPECT_EQ(chooseFormat(question), Format::png);
}

TEST(ChooseFormat, WithoutNegotiationTheSourcesFamilyIsKept) {
    EXPECT_EQ(chosen(SourceType::jpeg, false, {}), Format::jpeg);
    EXPECT_EQ(chosen(SourceType::png, false, {}), Format::png);
    EXPECT_EQ(chosen(SourceType::webp, false, {}), Format::webp);
    EXPECT_EQ(chosen(SourceType::gif, false, {}), Format::gif);
    EXPECT_EQ(chosen(SourceType::avif, false, {}), Format::avif);
    EXPECT_EQ(chosen(SourceType::svg, false, {}), Format::png);
    for (SourceType type : {SourceType::heic, SourceType::tiff, SourceType::jxl}) {
        EXPECT_EQ(chosen(type, false, {}), Format::jpeg);
        EXPECT_EQ(chosen(type, false, {}, true), Format::png);
    }
}

TEST(ChooseFormat, StillImagesUseTheBestAcceptedFormat) {
    EXPECT_EQ(chosen(SourceType::gif, false, {Format::avif, Format::webp}), Format::avif);
}

TEST(ChooseFormat, AnimationsUseTheFirstFormatWithAnimations) {
    EXPECT_EQ(chosen(SourceType::gif, true, {Format::avif, Format::webp}), Format::webp);
    EXPECT_EQ(chosen(SourceType::gif, true, {Format::avif}), Format::gif);
    EXPECT_EQ(chosen(SourceType::webp, true, {Format::avif}), Format::webp);
    EXPECT_EQ(chosen(SourceType::webp, true, {}), Format::webp);
}

TEST(ChooseFormat, OnlyWebpAndGifAreAnimated) {
    EXPECT_TRUE(canAnimate(Format::webp));
    EXPECT_TRUE(canAnimate(Format::gif));
    for (Format format : {Format::jpeg, Format::png, Format::avif, Format::jxl}) {
        EXPECT_FALSE(canAnimate(format));
    }
}

Format chosenFor(Size size, std::vector<Format> negotiated, bool hasAlpha = false,
                 bool keepsProfile = false) {
    FormatQuestion question;
    question.isAutomatic = true;
    question.negotiated = negotiated;
    question.size = size;
    question.hasAlpha = hasAlpha;
    question.keepsProfile = keepsProfile;
    return chooseFormat(question);
}

TEST(ChooseFormat, AvifIsNotChosenForLargeResults) {
    EXPECT_EQ(chosenFor({2000, 1000}, {Format::avif, Format::webp}), Format::avif);
    EXPECT_EQ(chosenFor({2001, 1000}, {Format::avif, Format::webp}), Format::webp);
    EXPECT_EQ(chosenFor({2001, 1000}, {Format::avif}), Format::jpeg);
}

TEST(ChooseFormat, OnlyFormatsThatCanContainTheResultAreChosen) {
    EXPECT_EQ(chosenFor({16383, 10}, {Format::webp}), Format::webp);
    EXPECT_EQ(chosenFor({16384, 10}, {Format::webp}), Format::jpeg);
    EXPECT_EQ(chosenFor({10, 10}, {Format::jpeg, Format::webp}, true), Format::webp);
    EXPECT_EQ(chosenFor({10, 10}, {}, true), Format::png);
    EXPECT_EQ(chosenFor({10, 10}, {Format::avif, Format::webp}, false, true), Format::webp);
}

}  // namespace
}  // namespace private_image
