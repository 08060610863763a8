// One spelling per transform.
#include "transform/canonical.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace private_image {
namespace {

TEST(Canonical, defaultsAreLeftOut) {
    EXPECT_EQ(canonicalText({}), "");
    Transform transform;
    transform.steps.emplace_back();
    EXPECT_EQ(canonicalText(transform), "()");
}

TEST(Canonical, spellsEveryPart) {
    Watermark logo;
    logo.name = "lo,go";
    logo.digest = "abc123";

    Step step;
    step.width = {Length::Unit::pixels, 400};
    step.height = {Length::Unit::fraction, 0.5};
    step.aspectRatio = 4.0 / 3;
    step.fit = Fit::cover;
    step.gravity = {Gravity::Kind::point, 0, 0.25};
    step.x = -3;
    step.y = 7;
    step.background = Colour{255, 0, 16, 128};
    step.sharpen = 1.5;
    step.blur = 3;
    step.layers.push_back({"/a (1),b.png", {Length::Unit::pixels, 20}, {}, {}, -40, {}});

    Transform transform;
    transform.steps = {step, Step{}};
    transform.formatChoice = Transform::FormatChoice::named;
    transform.format = Format::webp;
    transform.quality = 60;
    transform.metadata = Metadata::copyright;
    transform.defaultImage = "/none.png";
    transform.watermarks = {&logo};

    EXPECT_EQ(canonicalText(transform),
              "(w=400,h=0.5x,ratio=1.3333333333333333,fit=cover,at=0x0.25,x=-3,y=7,"
              "background=ff001080,sharpen=1.5,blur=3,"
              "layer=(path=/a%20%281%29%2Cb.png,w=20,x=-40))()"
              "format=webp,quality=60,metadata=copyright,default=/none.png,"
              "watermark=lo%2Cgo@abc123");
}

// Small ranges, so that equal transforms come up often.
class RandomTransforms {
public:
    Transform transform() {
        Transform result;
        result.steps.resize(upTo(2));
        for (Step& step : result.steps) {
            step = randomStep();
        }
        result.formatChoice = static_cast<Transform::FormatChoice>(upTo(3));
        if (result.formatChoice == Transform::FormatChoice::named) {
            result.format = static_cast<Format>(upTo(5));
        }
        if (rarely()) {
            result.quality = static_cast<std::uint8_t>(1 + upTo(1));
        }
        result.metadata = rarely() ? static_cast<Metadata>(upTo(2)) : Metadata::none;
        result.defaultImage = rarely() ? text() : "";
        for (auto count = rarely() ? upTo(2) : 0; count > 0; --count) {
            result.watermarks.push_back(&watermarks_[upTo(2)]);
        }
        return result;
    }

private:
    std::size_t upTo(std::size_t last) { return random_() % (last + 1); }
    bool rarely() { return upTo(5) == 0; }

    std::string text() {
        const std::string_view alphabet = "/a,()=@%:x\n\xff";
        std::string result(1 + upTo(2), ' ');
        for (char& c : result) {
            c = alphabet[upTo(alphabet.size() - 1)];
        }
        return result;
    }

    Length length() {
        if (!rarely()) {
            return {};
        }
        return upTo(1) == 0 ? Length{Length::Unit::pixels, 1.0 + static_cast<double>(upTo(1))}
                            : Length{Length::Unit::fraction, upTo(1) == 0 ? 1.0 : 0.1};
    }

    Gravity gravity() {
        if (!rarely()) {
            return {};
        }
        return {static_cast<Gravity::Kind>(upTo(1)), static_cast<double>(upTo(2)) / 2,
                static_cast<double>(upTo(2)) / 2};
    }

    std::optional<std::int32_t> offset() {
        return rarely() ? std::optional(static_cast<std::int32_t>(upTo(2)) - 1) : std::nullopt;
    }

    Step randomStep() {
        Step step;
        step.width = length();
        step.height = length();
        if (rarely()) {
            step.aspectRatio = static_cast<double>(1 + upTo(1)) / 3;
        }
        step.fit = rarely() ? static_cast<Fit>(upTo(11)) : step.fit;
        step.gravity = gravity();
        step.x = offset();
        step.y = offset();
        if (rarely()) {
            step.background = Colour{static_cast<std::uint8_t>(upTo(1)), 0, 0,
                                     static_cast<std::uint8_t>(upTo(1) * 255)};
        }
        step.blur = rarely() ? 0.1 + 0.2 : 0;
        step.sharpen = rarely() ? 0.3 : 0;
        step.layers.resize(rarely() ? 1 + upTo(1) : 0);
        for (Layer& layer : step.layers) {
            layer = {text(), length(), length(), gravity(), offset(), offset()};
        }
        return step;
    }

    std::mt19937 random_{3};
    const std::vector<Watermark> watermarks_ = {
        {.name = "a", .digest = "b"}, {.name = "a", .digest = "c"}, {.name = "a@b", .digest = ""}};
};

TEST(Canonical, equalTextMeansEqualTransformAndTheOtherWayRound) {
    RandomTransforms random;
    std::map<std::string, Transform> known;
    int repeated = 0;
    for (int i = 0; i < 100000; ++i) {
        const Transform transform = random.transform();
        const std::string text = canonicalText(transform);
        const auto [entry, isNew] = known.emplace(text, transform);
        repeated += isNew ? 0 : 1;
        ASSERT_EQ(entry->second, transform) << text;
        ASSERT_EQ(canonicalText(entry->second), text);
        ASSERT_EQ(text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                         "0123456789-_.~/%(),=@"),
                  text.npos)
            << text;
    }
    EXPECT_GT(repeated, 1000);
}

TEST(Canonical, oneChangedMemberChangesTheText) {
    RandomTransforms random;
    for (int i = 0; i < 2000; ++i) {
        const Transform one = random.transform();
        const Transform other = random.transform();
        EXPECT_EQ(one == other, canonicalText(one) == canonicalText(other));
    }
}

TEST(IdleParts, fitAndGravityGoWhereThereIsNoBox) {
    Step step;
    step.fit = Fit::cover;
    step.gravity = {Gravity::Kind::attention};
    step.x = 3;
    dropIdleParts(step);
    EXPECT_EQ(step, Step{});
}

TEST(IdleParts, gravityGoesWhereNothingIsCutOrPadded) {
    Step step;
    step.width = {Length::Unit::pixels, 100};
    step.fit = Fit::cover;
    step.gravity = {Gravity::Kind::attention};
    Step oneSide = step;
    dropIdleParts(oneSide);
    EXPECT_EQ(oneSide.gravity, Gravity{});
    EXPECT_EQ(oneSide.fit, Fit::cover);

    step.aspectRatio = 2;
    Step withRatio = step;
    dropIdleParts(withRatio);
    EXPECT_EQ(withRatio, step);

    step.fit = Fit::stretch;
    dropIdleParts(step);
    EXPECT_EQ(step.gravity, Gravity{});
}

TEST(IdleParts, onlyExtractKeepsItsCorner) {
    Step step;
    step.width = step.height = {Length::Unit::pixels, 100};
    step.fit = Fit::extract;
    step.x = 1;
    Step extract = step;
    dropIdleParts(extract);
    EXPECT_EQ(extract, step);
    step.fit = Fit::padExtract;
    dropIdleParts(step);
    EXPECT_FALSE(step.x);
}

TEST(Formats, namesGoBothWays) {
    for (const Format format :
         {Format::jpeg, Format::png, Format::webp, Format::avif, Format::gif, Format::jxl}) {
        EXPECT_EQ(formatFromName(formatName(format)), format);
        EXPECT_EQ(mediaType(format), "image/" + std::string(formatName(format)));
    }
    EXPECT_EQ(formatFromName("jpg"), Format::jpeg);
    EXPECT_FALSE(formatFromName(""));
    EXPECT_FALSE(formatFromName("JPEG"));
    EXPECT_FALSE(formatFromName("heic"));
}

TEST(SourceTypes, namesGoBothWays) {
    for (const SourceType type :
         {SourceType::jpeg, SourceType::png, SourceType::webp, SourceType::gif, SourceType::avif,
          SourceType::heic, SourceType::tiff, SourceType::svg, SourceType::jxl}) {
        EXPECT_EQ(sourceTypeFromName(sourceTypeName(type)), type);
    }
    EXPECT_EQ(sourceTypeFromName("jpg"), SourceType::jpeg);
    EXPECT_FALSE(sourceTypeFromName("pdf"));
}

}  // namespace
}  // namespace private_image
