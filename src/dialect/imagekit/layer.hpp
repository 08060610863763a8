// The items between "l-image" or "l-text" and "l-end": a layer's content and place.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "dialect/imagekit/items.hpp"
#include "dialect/imagekit/text.hpp"
#include "transform/expression.hpp"
#include "transform/transform.hpp"

namespace private_image::imagekit {

class ImageReader {
public:
    std::optional<ErrorText> readItem(const Item& item) {
        return readByTable(keys(), item, *this, seen_);
    }
    static bool acceptsStepKey(std::string_view) { return true; }
    ErrorText finish(Layer& layer, std::vector<Step>& steps);

private:
    static std::span<const KeyRow<ImageReader>> keys();
    bool plainInput(std::string_view value);
    bool encodedInput(std::string_view value);
    bool trim(std::string_view value);
    bool quality(std::string_view value);
    bool page(std::string_view value);

    KeysSeen seen_;
    std::string plainPath_;
    std::string encodedPath_;
    std::optional<Trim> trim_;
    std::uint32_t page_ = 0;
};

// "ik_canvas": a block of one colour, or of a gradient.
class BlockReader {
public:
    std::optional<ErrorText> readItem(const Item& item) {
        return readByTable(keys(), item, *this, seen_);
    }
    static bool acceptsStepKey(std::string_view) { return false; }
    ErrorText finish(Layer& layer, std::vector<Step>& steps);

private:
    static std::span<const KeyRow<BlockReader>> keys();
    bool input(std::string_view value);
    bool width(std::string_view value);
    bool height(std::string_view value);
    bool background(std::string_view value);
    bool alpha(std::string_view value);
    bool rounding(std::string_view value);
    bool gradient(std::string_view value);

    KeysSeen seen_;
    Quantity width_, height_;
    std::optional<Colour> colour_;
    double opacity_ = 1;
    Step own_;
};

class LayerReader {
public:
    explicit LayerReader(Layer::Kind kind);

    // The variables that formulas of the layer may use.
    ExpressionScope scope() const { return scope_; }

    // Reads an item. Empty if it is a key neither of the layer's place nor, in the first step, of
    // its content.
    std::optional<ErrorText> readItem(const Item& item, bool isInFirstStep);

    // Whether the first step accepts a key of steps; all later steps accept them.
    bool acceptsStepKey(std::string_view key) const;

    // `steps`: the layer's own steps.
    Result<Layer, ErrorText> finish(std::vector<Step> steps);

private:
    static std::span<const KeyRow<LayerReader>> keys();
    bool x(std::string_view value);
    bool y(std::string_view value);
    bool centreX(std::string_view value);
    bool centreY(std::string_view value);
    bool anchor(std::string_view value);
    bool place(std::string_view value);
    bool mode(std::string_view value);

    ErrorText finishPlace();

    ExpressionScope scope_;
    KeysSeen seen_;
    std::variant<ImageReader, TextReader, BlockReader> content_;
    Layer layer_;
    std::optional<Quantity> centreX_, centreY_;
    Gravity anchor_{Gravity::Kind::point, 0, 0};
};

}  // namespace private_image::imagekit
