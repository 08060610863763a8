// One step of an ImageKit chain: its keys, in any order, and the Step that they describe.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string_view>

#include "dialect/imagekit/items.hpp"
#include "transform/expression.hpp"
#include "transform/transform.hpp"

namespace private_image::imagekit {

// Collects keys; finish() makes the Step, since the meaning of a key depends on other keys.
class StepReader {
public:
    explicit StepReader(ExpressionScope scope) : scope_(scope) {}

    // Empty if the item is not a key of a step.
    std::optional<ErrorText> readItem(const Item& item) {
        return readByTable(keys(), item, *this, seen_);
    }
    void addLayer(Layer layer) { step_.layers.push_back(std::move(layer)); }

    ErrorText finish();

    // Valid after finish().
    Step& step() { return step_; }

private:
    static std::span<const KeyRow<StepReader>> keys();

    bool width(std::string_view value);
    bool height(std::string_view value);
    bool aspectRatio(std::string_view value);
    bool crop(std::string_view value);
    bool cropMode(std::string_view value);
    bool focus(std::string_view value);
    bool zoom(std::string_view value);
    bool x(std::string_view value);
    bool y(std::string_view value);
    bool centreX(std::string_view value);
    bool centreY(std::string_view value);
    bool density(std::string_view value);
    bool blur(std::string_view value);
    bool rotation(std::string_view value);
    bool rounding(std::string_view value);
    bool flip(std::string_view value);
    bool background(std::string_view value);
    bool opacity(std::string_view value);
    bool border(std::string_view value);
    bool trim(std::string_view value);
    bool replaceColour(std::string_view value);
    bool grayscale(std::string_view value);
    bool contrast(std::string_view value);
    bool sharpen(std::string_view value);
    bool unsharpMask(std::string_view value);
    bool shadow(std::string_view value);
    bool gradient(std::string_view value);
    bool colorize(std::string_view value);
    bool distort(std::string_view value);

    ErrorText finishRatio();
    ErrorText finishCorner() const;
    void finishDensity();
    void finishBackground();

    ExpressionScope scope_;
    Step step_;
    KeysSeen seen_;
    std::optional<Fit> crop_;
    std::optional<Fit> cropMode_;
    bool seeksObject_ = false;  // a face or an object
    Quantity density_{1, {}};
};

// The border that "t-true" removes, and that ImageKit by default removes from images of layers.
Trim defaultFrame();

// "true", "false" or 1 to 99
std::optional<Trim> parseFrame(std::string_view text);

// "20", "max" or "10_20_30_40"
std::optional<Rounding> parseRounding(std::string_view text);

}  // namespace private_image::imagekit
