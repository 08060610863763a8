// Text layers are read in text.cpp.
#include "dialect/imagekit/layer.hpp"

#include <array>
#include <utility>

#include "base/encoding.hpp"
#include "dialect/imagekit/effects.hpp"
#include "dialect/imagekit/result.hpp"
#include "dialect/imagekit/step.hpp"
#include "dialect/imagekit/values.hpp"
#include "transform/colour.hpp"

namespace private_image::imagekit {

namespace {

constexpr Colour black{0, 0, 0, 255};

constexpr std::string_view offsetExpected =
    "a whole number up to 65535, N before it if negative, or an expression";
constexpr std::string_view pathExpected = "a path with @@ for each slash";
constexpr std::string_view blockSideExpected =
    "a whole number of pixels, a fraction below 1 or an expression of bw, bh and bar";

// Pixels, a formula, or a fraction of the parent's side.
std::optional<Quantity> parseBlockSide(std::string_view text, Variable parentSide) {
    auto pixels = parsePixels(text, 1, ExpressionScope::otherLayer);
    const auto fraction = pixels ? std::nullopt : parseDecimal(text);
    if (!fraction || *fraction <= 0 || *fraction >= 1) {
        return pixels;
    }
    return Quantity{0, {{{parentSide}, {std::nullopt, *fraction, Operator::multiply}}}};
}

// "N0" is the far edge itself, which a number cannot distinguish from the near one.
bool isFarEdge(std::string_view text) {
    return text.starts_with('N') && parseWhole(text.substr(1), 0, 0).has_value();
}

Layer::Anchor anchorAt(double x, double y) {
    constexpr Layer::Anchor anchors[3][3] = {
        {Layer::Anchor::topLeft, Layer::Anchor::top, Layer::Anchor::topRight},
        {Layer::Anchor::left, Layer::Anchor::centre, Layer::Anchor::right},
        {Layer::Anchor::bottomLeft, Layer::Anchor::bottom, Layer::Anchor::bottomRight},
    };
    return anchors[static_cast<int>(y * 2)][static_cast<int>(x * 2)];
}

}  // namespace

// ---- Images ----

std::span<const KeyRow<ImageReader>> ImageReader::keys() {
    using Self = ImageReader;
    static constexpr auto rows = std::to_array<KeyRow<ImageReader>>({
        {"i", &Self::plainInput, pathExpected},
        {"ie", &Self::encodedInput, "a path in base64"},
        {"t", &Self::trim, "true, false or a whole number from 1 to 99"},
        {"q", &Self::quality, "a whole number from 1 to 100"},
        {"pg", &Self::page, "a page's number, from 1, or a range such as 2-4"},
    });
    return rows;
}

bool ImageReader::plainInput(std::string_view value) {
    return assign(plainPath_, parsePath(value));
}

bool ImageReader::encodedInput(std::string_view value) {
    return assign(encodedPath_, parseEncodedPath(value));
}

bool ImageReader::trim(std::string_view value) {
    return assign(trim_, parseFrame(value));
}

// Without effect: a layer is not encoded by itself.
bool ImageReader::quality(std::string_view value) {
    return parseWhole(value, 1, 100).has_value();
}

// A layer is not animated: the first page of a range is used.
bool ImageReader::page(std::string_view value) {
    const auto pages = parsePages(value);
    page_ = pages ? pages->first : 0;
    return pages.has_value();
}

// Like ImageKit: the encoded input overrides the plain one, and only the first frame is used unless
// the chain requests all.
ErrorText ImageReader::finish(Layer& layer, std::vector<Step>& steps) {
    layer.path = encodedPath_.empty() ? std::move(plainPath_) : std::move(encodedPath_);
    if (layer.path.empty()) {
        return "an image layer needs \"i\" or \"ie\"";
    }
    layer.page = page_;
    const Trim trim = trim_.value_or(defaultFrame());
    const bool hasRoom =
        !steps.empty() && !steps[0].condition && steps[0].trim.kind == Trim::Kind::none;
    if (!hasRoom) {
        steps.insert(steps.begin(), Step{});
    }
    steps[0].trim = trim;
    return {};
}

// ---- Blocks ----

std::span<const KeyRow<BlockReader>> BlockReader::keys() {
    using Self = BlockReader;
    static constexpr auto rows = std::to_array<KeyRow<BlockReader>>({
        {"i", &Self::input, "ik_canvas"},
        {"w", &Self::width, blockSideExpected},
        {"h", &Self::height, blockSideExpected},
        {"bg", &Self::background, "RRGGBB, RRGGBBAA with AA from 00 to 99, or a colour's name"},
        {"al", &Self::alpha, "a whole number from 1 to 9"},
        {"r", &Self::rounding, "a whole number up to 65535, max or four numbers such as 9_9_0_0"},
        {"e-gradient", &Self::gradient, "parts such as ld-bottom_from-red_to-FFFFFF00_sp-0.5",
         Takes::valueOrNothing},
    });
    return rows;
}

bool BlockReader::input(std::string_view value) {
    return value == "ik_canvas";
}

bool BlockReader::width(std::string_view value) {
    return assign(width_, parseBlockSide(value, Variable::parentWidth));
}

bool BlockReader::height(std::string_view value) {
    return assign(height_, parseBlockSide(value, Variable::parentHeight));
}

bool BlockReader::background(std::string_view value) {
    return assign(colour_, imagekitColour(value));
}

bool BlockReader::alpha(std::string_view value) {
    return assign(opacity_, parseAlpha(value));
}

bool BlockReader::rounding(std::string_view value) {
    return assign(own_.rounding, parseRounding(value));
}

bool BlockReader::gradient(std::string_view value) {
    const auto gradient = parseGradient(value, ExpressionScope::otherLayer);
    if (gradient) {
        own_.effects.emplace_back(*gradient);
    }
    return gradient.has_value();
}

// A gradient replaces the colour; its transparent parts show what is below.
ErrorText BlockReader::finish(Layer& layer, std::vector<Step>& steps) {
    layer.width = std::move(width_);
    layer.height = std::move(height_);
    layer.colour =
        own_.effects.empty() ? colour_.value_or(black) : colour_.value_or(Colour{0, 0, 0, 0});
    layer.opacity = opacity_;
    steps.insert(steps.begin(), std::move(own_));
    return {};
}

// ---- All layers ----

LayerReader::LayerReader(Layer::Kind kind)
    : scope_(kind == Layer::Kind::image ? ExpressionScope::imageLayer
                                        : ExpressionScope::otherLayer) {
    layer_.kind = kind;
    if (kind == Layer::Kind::text) {
        content_.emplace<TextReader>();
    } else if (kind == Layer::Kind::block) {
        content_.emplace<BlockReader>();
    }
}

std::span<const KeyRow<LayerReader>> LayerReader::keys() {
    using Self = LayerReader;
    static constexpr auto rows = std::to_array<KeyRow<LayerReader>>({
        {"lx", &Self::x, offsetExpected},
        {"ly", &Self::y, offsetExpected},
        {"lxc", &Self::centreX, offsetExpected},
        {"lyc", &Self::centreY, offsetExpected},
        {"lap", &Self::anchor, "center, a side or a corner such as top_left"},
        {"lfo", &Self::place, "center, a side or a corner such as top_left"},
        {"lm", &Self::mode, "multiply, displace, cutout or cutter"},
    });
    return rows;
}

std::optional<ErrorText> LayerReader::readItem(const Item& item, bool isInFirstStep) {
    auto placed = readByTable(keys(), item, *this, seen_);
    if (placed || !isInFirstStep) {
        return placed;
    }
    return std::visit([&](auto& content) { return content.readItem(item); }, content_);
}

bool LayerReader::acceptsStepKey(std::string_view key) const {
    return std::visit([&](const auto& content) { return content.acceptsStepKey(key); }, content_);
}

bool LayerReader::x(std::string_view value) {
    layer_.isAtRight = isFarEdge(value);
    return assign(layer_.x, parsePixels(value, -1, scope_));
}

bool LayerReader::y(std::string_view value) {
    layer_.isAtBottom = isFarEdge(value);
    return assign(layer_.y, parsePixels(value, -1, scope_));
}

// Refused together with "lx", so that neither overwrites the other's side.
bool LayerReader::centreX(std::string_view value) {
    layer_.isAtRight = isFarEdge(value);
    return assign(centreX_, parsePixels(value, -1, scope_));
}

bool LayerReader::centreY(std::string_view value) {
    layer_.isAtBottom = isFarEdge(value);
    return assign(centreY_, parsePixels(value, -1, scope_));
}

bool LayerReader::anchor(std::string_view value) {
    return assign(anchor_, parsePlace(value));
}

bool LayerReader::place(std::string_view value) {
    return assign(layer_.gravity, parsePlace(value));
}

bool LayerReader::mode(std::string_view value) {
    constexpr std::array<std::pair<std::string_view, Layer::Mode>, 4> modes = {{
        {"multiply", Layer::Mode::multiply},
        {"displace", Layer::Mode::displace},
        {"cutout", Layer::Mode::cutout},
        {"cutter", Layer::Mode::cutter},
    }};
    return assign(layer_.mode, valueNamed(modes, value));
}

Result<Layer, ErrorText> LayerReader::finish(std::vector<Step> steps) {
    ErrorText error = finishPlace();
    if (error.empty()) {
        error = std::visit([&](auto& content) { return content.finish(layer_, steps); }, content_);
    }
    if (!error.empty()) {
        return Error{std::move(error)};
    }
    layer_.steps = std::move(steps);
    return std::move(layer_);
}

// A centre is an offset with its anchor in the middle of its own direction.
ErrorText LayerReader::finishPlace() {
    if ((layer_.x && centreX_) || (layer_.y && centreY_)) {
        return "options \"lx\" and \"lxc\", \"ly\" and \"lyc\" exclude each other";
    }
    if (assign(layer_.x, centreX_)) {
        anchor_.x = 0.5;
    }
    if (assign(layer_.y, centreY_)) {
        anchor_.y = 0.5;
    }
    layer_.anchor = anchorAt(anchor_.x, anchor_.y);
    return {};
}

}  // namespace private_image::imagekit
