// Variants to name, and short ways to read URLs and chains of ImageKit's and to expect errors.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "dialect/imagekit/imagekit.hpp"
#include "transform/canonical.hpp"

namespace private_image::imagekit {

constexpr Length pixels(double value) {
    return {Length::Unit::pixels, value, {}};
}
constexpr Length fraction(double value) {
    return {Length::Unit::fraction, value, {}};
}
constexpr Quantity number(double value) {
    return {value, {}};
}
constexpr Colour rgb(std::uint8_t red, std::uint8_t green, std::uint8_t blue,
                     std::uint8_t alpha = 255) {
    return {red, green, blue, alpha};
}
inline Expression formula(std::string_view text,
                          ExpressionScope scope = ExpressionScope::imageLayer) {
    return parseExpression(text, scope).value_or(Expression{});
}

class Imagekit : public testing::Test {
protected:
    Imagekit() {
        logo_.name = "logo";
        logo_.digest = "d1";

        Variant& preview = add("preview");
        preview.isPublic = true;
        preview.transform.steps.emplace_back().width = pixels(600);
        preview.transform.watermarks = {&logo_};
        preview.transform.encoding.quality = 42;

        Variant& large = add("large");
        Step& step = large.transform.steps.emplace_back();
        step.width = pixels(2000);
        step.effects = {Blur{3}};
        large.transform.formatChoice = FormatChoice::named;
        large.transform.format = Format::png;
        large.transform.encoding.lossless = true;
        large.transform.metadata = Metadata::keep;
        large.transform.defaultImage = "/none.png";
        large.transform.watermarks = {&logo_};

        add("full").isOriginal = true;
    }

    Variant& add(const std::string& name) {
        variants_[name].name = name;
        return variants_[name];
    }

    ParseResult parse(std::string_view uri, std::string_view query = "") const {
        return parseRequest({uri, query}, variants_);
    }

    ParseResult parseStep(std::string_view chain) const {
        return parse("tr:" + std::string(chain) + "/a.jpg");
    }

    Transform transform(std::string_view chain) const {
        const auto result = parseStep(chain);
        EXPECT_TRUE(result) << chain << ": " << (result ? "" : result.error().detail);
        return result ? result->transform : Transform{};
    }

    // The only one.
    Step step(std::string_view chain) const {
        const auto steps = transform(chain).steps;
        EXPECT_EQ(steps.size(), 1u) << chain;
        return steps.size() == 1 ? steps[0] : Step{};
    }

    template <typename Kind>
    Kind effect(std::string_view chain) const {
        const auto effects = step(chain).effects;
        EXPECT_EQ(effects.size(), 1u) << chain;
        const auto* found = effects.empty() ? nullptr : std::get_if<Kind>(&effects[0]);
        EXPECT_NE(found, nullptr) << chain;
        return found != nullptr ? *found : Kind{};
    }

    // What the only layer between these ends is.
    Layer layer(std::string_view items) const {
        const auto layers = step(std::string(items) + ",l-end").layers;
        EXPECT_EQ(layers.size(), 1u) << items;
        return layers.size() == 1 ? layers[0] : Layer{};
    }

    std::string text(std::string_view chain) const {
        const auto result = parseStep(chain);
        return result ? canonicalText(result->transform) : result.error().detail;
    }

    void expectSame(std::string_view one, std::string_view other) const {
        const Transform first = transform(one);
        const Transform second = transform(other);
        EXPECT_EQ(first, second) << one << " is not " << other;
        EXPECT_EQ(canonicalText(first), canonicalText(second)) << one;
    }

    static void expectError(const ParseResult& result, Reason reason, std::string_view what,
                            std::string_view detail = "") {
        ASSERT_FALSE(result) << what;
        EXPECT_EQ(result.error().reason, reason) << what << ": " << result.error().detail;
        EXPECT_NE(result.error().detail.find(detail), std::string::npos)
            << what << ": " << result.error().detail;
        EXPECT_FALSE(result.error().detail.empty());
    }

    void expectBadUrl(std::string_view uri) const { expectError(parse(uri), Reason::badUrl, uri); }

    void expectBadChain(std::string_view chain, std::string_view detail) const {
        expectError(parseStep(chain), Reason::badOptions, chain, detail);
    }

    // Each of the values is refused, and the message names key and value. In the query, so that
    // slashes stay in the chain.
    void expectBadValues(std::string_view before, std::string_view key,
                         const std::vector<std::string>& values,
                         std::string_view after = "") const {
        for (const std::string& value : values) {
            const auto chain =
                std::string(before) + std::string(key) + "-" + value + std::string(after);
            const auto result = parse("a.jpg", "tr=" + chain);
            expectError(result, Reason::badOptions, chain, "option \"" + std::string(key) + "\"");
            if (!result && !value.empty()) {
                EXPECT_NE(result.error().detail.find(", not \"" + value.substr(0, 64)),
                          std::string::npos)
                    << chain << ": " << result.error().detail;
            }
        }
    }

    Watermark logo_;
    Variants variants_;
};

inline std::string joined(const std::vector<std::string>& items, std::string_view joint = ",") {
    std::string text;
    for (const std::string& item : items) {
        text += text.empty() ? "" : joint;
        text += item;
    }
    return text;
}

inline std::string repeated(std::string_view item, std::size_t count,
                            std::string_view joint = ":") {
    return joined(std::vector<std::string>(count, std::string(item)), joint);
}

}  // namespace private_image::imagekit
