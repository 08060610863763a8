// Transforms out of a seeded generator: every member of the model, from small sets of values, so
// that equal ones come up often and idle ones are common.
#pragma once

#include <array>
#include <random>
#include <string>
#include <vector>

#include "transform/transform.hpp"

namespace private_image {

class RandomTransforms {
public:
    explicit RandomTransforms(unsigned seed) : random_(seed) {}

    Transform transform() {
        Transform result;
        result.steps = steps(3, 0);
        for (auto count = upTo(3); count > 0; --count) {
            change(result);
        }
        return result;
    }

    // Sets one thing anew: often to what it was.
    void change(Transform& transform) {
        switch (upTo(12)) {
            case 0:
                transform.formatChoice = one<FormatChoice>(4);
                break;
            case 1:
                transform.format = one<Format>(7);
                break;
            case 2:
                return change(transform.encoding);
            case 3:
                transform.metadata = one<Metadata>(3);
                break;
            case 4:
                transform.pages = maybe(Pages{small(), maybe(small())});
                break;
            case 5:
                transform.isStill = flag();
                break;
            case 6:
                transform.defaultImage = flag() ? text() : "";
                break;
            case 7:
                transform.redirectsOnError = flag();
                break;
            case 8:
                transform.watermarks = watermarks();
                break;
            default:
                if (!transform.steps.empty()) {
                    change(transform.steps[upTo(transform.steps.size() - 1)], 0);
                }
        }
    }

private:
    static constexpr int deepest = 3;

    std::size_t upTo(std::size_t last) { return random_() % (last + 1); }
    bool flag() { return upTo(1) == 0; }
    std::uint32_t small() { return static_cast<std::uint32_t>(upTo(2)); }

    template <typename Value>
    Value one(std::size_t count) {
        return static_cast<Value>(upTo(count - 1));
    }

    template <typename Value>
    std::optional<Value> maybe(Value value) {
        return flag() ? std::optional(std::move(value)) : std::nullopt;
    }

    double number() {
        constexpr std::array numbers = {0.0, -0.0, 1.0, 0.1 + 0.2, -5.0, 2.0, 360.0, 100000.0};
        return numbers[upTo(numbers.size() - 1)];
    }

    std::string text() {
        const std::string_view alphabet = "/a,()=@%:x \"'\n\xff";
        std::string result(1 + upTo(2), ' ');
        for (char& c : result) {
            c = alphabet[upTo(alphabet.size() - 1)];
        }
        return result;
    }

    Colour colour() {
        return {static_cast<std::uint8_t>(upTo(1)), 0, 0, static_cast<std::uint8_t>(upTo(1) * 255)};
    }

    Expression formula() {
        Expression result;
        const auto count = upTo(3);
        for (std::size_t i = 0; i < count; ++i) {
            result.operands.push_back(
                {maybe(one<Variable>(9)), number(), i > 0 ? one<Operator>(6) : Operator::add});
        }
        return result;
    }

    Quantity quantity() { return {number(), flag() ? formula() : Expression{}}; }

    Length length() { return {one<Length::Unit>(5), number(), flag() ? formula() : Expression{}}; }

    AutomaticWidths automaticWidths() {
        constexpr std::array widths = {0.0, 640.0, 1200.0};
        AutomaticWidths result;
        for (auto count = upTo(5); count > 0; --count) {
            constexpr std::array breakpoints = {320.0, 768.0, 960.0, 1200.0};
            result.breakpoints.push_back(breakpoints[upTo(3)]);
        }
        result.mobile = widths[upTo(2)];
        result.desktop = widths[upTo(2)];
        return result;
    }

    Gravity gravity() {
        constexpr std::array places = {0.0, 0.5, 1.0};
        return {one<Gravity::Kind>(2), places[upTo(2)], places[upTo(2)]};
    }

    Trim trim() {
        return {one<Trim::Kind>(4), length(), length(),        length(), length(),
                length(),           length(), maybe(colour()), number(), small()};
    }

    Effect effect() {
        switch (upTo(8)) {
            case 0:
                return Grayscale{};
            case 1:
                return StretchContrast{};
            case 2:
                return Levels{number(), number(), 1, 1};
            case 3:
                return ReplaceColour{colour(), number(), maybe(colour())};
            case 4:
                return Colorize{colour(), number()};
            case 5:
                return Sharpen{number()};
            case 6:
                return UnsharpMask{2, 2, number(), number()};
            case 7:
                return Blur{number()};
            default:
                return Gradient{number(), colour(), colour(), quantity()};
        }
    }

    // Each kind once, in any order.
    std::vector<Effect> effects() {
        std::vector<Effect> result;
        for (auto count = upTo(3); count > 0; --count) {
            Effect next = effect();
            std::erase_if(result, [&](const Effect& e) { return e.index() == next.index(); });
            result.push_back(next);
        }
        return result;
    }

    Distort distort() {
        Distort result{one<Distort::Kind>(2), {}, number()};
        result.corners[upTo(7)] = quantity();
        return result;
    }

    Background background() {
        return {one<Background::Kind>(4),
                colour(),
                maybe(number()),
                number(),
                flag() ? std::uint8_t{2} : std::uint8_t{4},
                flag()};
    }

    std::vector<const Watermark*> watermarks() {
        return std::vector<const Watermark*>(upTo(2), &watermarks_[upTo(2)]);
    }

    ResultChange resultChange() {
        ResultChange result;
        result.formatChoice = one<FormatChoice>(4);
        result.format = one<Format>(7);
        result.quality = maybe(std::uint8_t{80});
        result.slowQuality = maybe(flag() ? std::uint8_t{80} : std::uint8_t{50});
        switch (upTo(3)) {
            case 0:
                result.lossless = maybe(flag());
                result.progressive = maybe(one<Progressive>(3));
                break;
            case 1:
                result.keepsProfile = maybe(flag());
                result.isFast = flag();
                result.palette = flag();
                break;
            case 2:
                result.density = maybe(std::uint16_t{72});
                result.densityFormula = flag() ? formula() : Expression{};
                result.metadata = maybe(one<Metadata>(3));
                break;
            default:
                result.watermarks = watermarks();
        }
        return result;
    }

    void change(Encoding& encoding) {
        switch (upTo(7)) {
            case 0:
                encoding.quality = maybe(std::uint8_t{80});
                break;
            case 1:
                encoding.slowQuality = maybe(flag() ? std::uint8_t{80} : std::uint8_t{50});
                break;
            case 2:
                encoding.lossless = flag();
                break;
            case 3:
                encoding.progressive = maybe(one<Progressive>(3));
                break;
            case 4:
                encoding.isFast = flag();
                break;
            case 5:
                encoding.palette = flag();
                break;
            case 6:
                encoding.keepsProfile = flag();
                break;
            default:
                encoding.density = maybe(std::uint16_t{72});
        }
    }

    void change(Text& text) {
        switch (upTo(8)) {
            case 0:
                text.characters = this->text();
                break;
            case 1:
                text.width = maybe(quantity());
                break;
            case 2:
                text.size = quantity();
                break;
            case 3:
                text.font = this->text();
                break;
            case 4:
                text.colour = colour();
                break;
            case 5:
                text.align = one<Text::Align>(3);
                break;
            case 6:
                text.padding[upTo(3)] = quantity();
                break;
            case 7:
                text.bold = flag();
                text.italic = flag();
                text.strikethrough = flag();
                break;
            default:
                text.lineHeight = maybe(quantity());
                text.background = maybe(colour());
        }
    }

    void change(Layer& layer, int depth) {
        switch (upTo(10)) {
            case 0:
                layer.kind = one<Layer::Kind>(3);
                break;
            case 1:
                layer.path = text();
                layer.page = small();
                break;
            case 2:
                return change(layer.text);
            case 3:
                layer.width = quantity();
                layer.height = quantity();
                break;
            case 4:
                layer.colour = colour();
                break;
            case 5:
                layer.steps = steps(2, depth + 1);
                break;
            case 6:
                layer.opacity = flag() ? 1 : 0.5;
                break;
            case 7:
                layer.gravity = gravity();
                break;
            case 8:
                layer.x = maybe(quantity());
                layer.y = maybe(quantity());
                layer.isAtRight = flag();
                layer.isAtBottom = flag();
                break;
            case 9:
                layer.anchor = one<Layer::Anchor>(9);
                break;
            default:
                layer.mode = one<Layer::Mode>(5);
        }
    }

    Condition condition() {
        Condition result;
        result.anyOf.resize(1 + upTo(1));
        for (auto& allOf : result.anyOf) {
            allOf.resize(1 + upTo(1));
            for (Condition::Test& test : allOf) {
                test = {one<Variable>(6), one<Condition::Relation>(6), number()};
            }
        }
        return result;
    }

    void changeSize(Step& step) {
        switch (upTo(7)) {
            case 0:
                step.width = length();
                break;
            case 1:
                step.height = length();
                break;
            case 2:
                step.aspectRatio = maybe(quantity());
                break;
            case 3:
                step.density = flag() ? 1 : 2;
                step.densityFormula = flag() ? formula() : Expression{};
                step.automaticWidths = automaticWidths();
                step.hasAutomaticDensity = flag();
                break;
            case 4:
                step.fit = one<Fit>(12);
                break;
            case 5:
                step.gravity = gravity();
                break;
            case 6:
                step.x = maybe(quantity());
                step.y = maybe(quantity());
                break;
            default:
                step.centreX = maybe(quantity());
                step.centreY = maybe(quantity());
        }
    }

    void changeFinish(Step& step) {
        switch (upTo(7)) {
            case 0:
                step.rotation = number();
                break;
            case 1:
                step.border = maybe(Border{quantity(), colour()});
                break;
            case 2:
                step.rounding = maybe(Rounding{flag(), {number(), 0, 0, number()}});
                break;
            case 3:
                step.distort = maybe(distort());
                break;
            case 4:
                step.opacity = flag() ? 1 : 0.5;
                break;
            case 5:
                step.shadow = maybe(Shadow{number(), number(), 2, 2});
                break;
            case 6:
                step.background = maybe(background());
                break;
            default:
                step.effects = effects();
        }
    }

    void changeLayers(Step& step, int depth) {
        if (depth < deepest) {
            step.layers.resize(upTo(2));
        }
        for (Layer& layer : step.layers) {
            change(layer, depth);
        }
    }

    void changeChoice(Step& step, int depth) {
        if (depth == deepest) {
            return;
        }
        step.condition = maybe(condition());
        step.then = steps(1, depth + 1);
        step.otherwise = steps(1, depth + 1);
    }

    void change(Step& step, int depth) {
        switch (upTo(12)) {
            case 12:
                step.result = flag() ? resultChange() : ResultChange{};
                break;
            case 0:
                step.trim = trim();
                break;
            case 1:
                step.flipsHorizontally = flag();
                step.flipsVertically = flag();
                step.quarterTurns = static_cast<std::uint8_t>(upTo(4));
                break;
            case 2:
                return changeLayers(step, depth);
            case 3:
                return changeChoice(step, depth);
            case 4:
            case 5:
            case 6:
                return changeFinish(step);
            default:
                return changeSize(step);
        }
    }

    std::vector<Step> steps(std::size_t most, int depth) {
        std::vector<Step> result(upTo(most));
        for (Step& step : result) {
            for (auto count = upTo(4); count > 0; --count) {
                change(step, depth);
            }
        }
        return result;
    }

    std::mt19937 random_;
    const std::vector<Watermark> watermarks_ = {
        {.name = "a", .digest = "b"}, {.name = "a", .digest = "c"}, {.name = "a@b", .digest = ""}};
};

}  // namespace private_image
