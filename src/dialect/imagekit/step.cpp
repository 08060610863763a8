#include "dialect/imagekit/step.hpp"

#include <cmath>
#include <utility>

#include "dialect/imagekit/colours.hpp"
#include "dialect/imagekit/effects.hpp"
#include "dialect/imagekit/objects.hpp"
#include "dialect/imagekit/values.hpp"
#include "transform/density.hpp"
#include "transform/normalise.hpp"

namespace private_image::imagekit {

namespace {

constexpr double maxZoom = 100;
constexpr std::uint32_t maxBlur = 100;
constexpr std::uint32_t maxPercent = 100;
constexpr double maxDegrees = 360;
constexpr std::uint32_t maxTrim = 99;
constexpr std::uint32_t defaultTrim = 10;  // between 5 and 15, as documented for "t-true"
constexpr double toleranceOfTrim = 2.55;   // hundredths to channel values
constexpr auto maxSidePixels = static_cast<std::uint32_t>(maxSide);

constexpr std::string_view offsetExpected =
    "a whole number up to 65535, N before it if negative, or an expression";

constexpr std::array<std::pair<std::string_view, Fit>, 6> crops = {{
    {"maintain_ratio", Fit::cover},
    {"force", Fit::stretch},
    {"at_max", Fit::insideNoEnlarge},
    {"at_max_enlarge", Fit::inside},
    {"at_least", Fit::outside},
    {"maintain_ratio_no_enlarge", Fit::coverNoEnlarge},
}};

constexpr std::array<std::pair<std::string_view, Fit>, 5> cropModes = {{
    {"pad_resize", Fit::pad},
    {"extract", Fit::extract},
    {"pad_extract", Fit::padExtract},
    {"pad_resize_no_enlarge", Fit::padNoEnlarge},
    {"pad_extract_no_shrink", Fit::padExtract},
}};

bool isGiven(const Length& side) {
    return side.unit != Length::Unit::none;
}

Trim frame(std::uint32_t hundredths) {
    Trim trim;
    trim.kind = Trim::Kind::frame;
    trim.tolerance = hundredths * toleranceOfTrim;
    return trim;
}

// Adds an effect in the order of the text; effects are sorted at the end.
template <typename Kind>
bool add(std::vector<Effect>& effects, const std::optional<Kind>& effect) {
    if (effect) {
        effects.emplace_back(*effect);
    }
    return effect.has_value();
}

}  // namespace

Trim defaultFrame() {
    return frame(defaultTrim);
}

std::optional<Trim> parseFrame(std::string_view text) {
    if (const auto isOn = parseBoolean(text)) {
        return *isOn ? defaultFrame() : Trim{};
    }
    const auto hundredths = parseWhole(text, 1, maxTrim);
    return hundredths ? std::optional(frame(*hundredths)) : std::nullopt;
}

std::optional<Rounding> parseRounding(std::string_view text) {
    Rounding rounding;
    if (text == "max") {
        rounding.isMaximal = true;
        return rounding;
    }
    const auto parts = splitAt(text, '_', rounding.radii.size());
    if (parts.size() != 1 && parts.size() != rounding.radii.size()) {
        return std::nullopt;
    }
    for (std::size_t i = 0; i < rounding.radii.size(); ++i) {
        const auto part = parts[parts.size() == 1 ? 0 : i];
        if (!assign(rounding.radii[i], parseWhole(part, 0, maxSidePixels))) {
            return std::nullopt;
        }
    }
    return rounding;
}

std::span<const KeyRow<StepReader>> StepReader::keys() {
    using Self = StepReader;
    static constexpr auto rows = std::to_array<KeyRow<StepReader>>({
        {"w", &Self::width, "a whole number of pixels, a fraction up to 1, auto or an expression"},
        {"h", &Self::height, "a whole number of pixels, a fraction up to 1 or an expression"},
        {"ar", &Self::aspectRatio, "a ratio such as 4-3 or 1.33, or an expression"},
        {"c", &Self::crop,
         "maintain_ratio, force, at_max, at_max_enlarge, at_least or maintain_ratio_no_enlarge"},
        {"cm", &Self::cropMode,
         "pad_resize, extract, pad_extract, pad_resize_no_enlarge or pad_extract_no_shrink"},
        {"fo", &Self::focus,
         "center, a side, a corner such as top_left, auto, face, custom or an object's name"},
        {"z", &Self::zoom, "a number above 0, up to 100"},
        {"x", &Self::x, offsetExpected},
        {"y", &Self::y, offsetExpected},
        {"xc", &Self::centreX, offsetExpected},
        {"yc", &Self::centreY, offsetExpected},
        {"dpr", &Self::density, "a number or an expression from 0.1 to 5, or auto"},
        {"bl", &Self::blur, "a whole number from 1 to 100"},
        {"rt", &Self::rotation, "degrees from 0 to 360, N before them if negative, or auto"},
        {"r", &Self::rounding, "a whole number up to 65535, max or four numbers such as 9_9_0_0"},
        {"fl", &Self::flip, "h, v, h_v or v_h"},
        {"bg", &Self::background,
         "RRGGBB, RRGGBBAA with AA from 00 to 99, a colour's name, blurred such as "
         "blurred_25_N15, dominant, gradient_dominant_2 or gradient_dominant_4"},
        {"o", &Self::opacity, "a whole number from 0 to 100"},
        {"b", &Self::border, "a width or expression and a colour such as 10_FF0000"},
        {"t", &Self::trim, "true, false or a whole number from 1 to 99"},
        {"cr", &Self::replaceColour,
         "a colour, a tolerance from 0 to 100 and a colour to replace, such as FF0000_35_blue"},
        {"e-grayscale", &Self::grayscale, "", Takes::nothing},
        {"e-contrast", &Self::contrast, "", Takes::nothing},
        {"e-sharpen", &Self::sharpen, "a number above 0, up to 100", Takes::valueOrNothing},
        {"e-usm", &Self::unsharpMask,
         "radius, sigma and amount above 0, up to 100, and a threshold up to 1, such as "
         "2-2-0.8-0.024",
         Takes::valueOrNothing},
        {"e-shadow", &Self::shadow,
         "parts such as bl-10_st-30_x-2_y-N2: bl up to 15, the others up to 100",
         Takes::valueOrNothing},
        {"e-gradient", &Self::gradient, "parts such as ld-bottom_from-red_to-FFFFFF00_sp-0.5",
         Takes::valueOrNothing},
        {"e-colorize", &Self::colorize, "parts such as co-red_in-50", Takes::valueOrNothing},
        {"e-distort", &Self::distort,
         "p- and eight whole numbers joined by _, or a- and degrees up to 360"},
    });
    return rows;
}

// ---- Size and cut ----

bool StepReader::width(std::string_view value) {
    if (value == "auto") {
        step_.width = {Length::Unit::automatic, 0, {}};
        return true;
    }
    return assign(step_.width, parseSide(value, scope_));
}

bool StepReader::height(std::string_view value) {
    return assign(step_.height, parseSide(value, scope_));
}

bool StepReader::aspectRatio(std::string_view value) {
    return assign(step_.aspectRatio, parseRatio(value, scope_));
}

bool StepReader::crop(std::string_view value) {
    return assign(crop_, valueNamed(crops, value));
}

bool StepReader::cropMode(std::string_view value) {
    return assign(cropMode_, valueNamed(cropModes, value));
}

// Areas that were set at an upload are not known: "custom" keeps the centre.
bool StepReader::focus(std::string_view value) {
    seeksObject_ = value == "face" || isObjectName(value);
    if (seeksObject_ || value == "auto") {
        step_.gravity = {Gravity::Kind::attention};
        return true;
    }
    return value == "custom" || assign(step_.gravity, parsePlace(value));
}

// It would set the zoom on a face or object; the attention crop has no zoom.
bool StepReader::zoom(std::string_view value) {
    return parsePositive(value, maxZoom).has_value();
}

bool StepReader::x(std::string_view value) {
    return assign(step_.x, parsePixels(value, -1, scope_));
}

bool StepReader::y(std::string_view value) {
    return assign(step_.y, parsePixels(value, -1, scope_));
}

bool StepReader::centreX(std::string_view value) {
    return assign(step_.centreX, parsePixels(value, -1, scope_));
}

bool StepReader::centreY(std::string_view value) {
    return assign(step_.centreY, parsePixels(value, -1, scope_));
}

bool StepReader::density(std::string_view value) {
    step_.hasAutomaticDensity = value == "auto";
    return step_.hasAutomaticDensity ||
           assign(density_, parseBounded(value, minDensity, maxDensity, scope_));
}

// ---- Turning and corners ----

// Sources are always rotated by their EXIF orientation first.
bool StepReader::rotation(std::string_view value) {
    return value == "auto" || assign(step_.rotation, parseDegrees(value, maxDegrees));
}

bool StepReader::flip(std::string_view value) {
    const bool isBoth = value == "h_v" || value == "v_h";
    step_.flipsHorizontally = isBoth || value == "h";
    step_.flipsVertically = isBoth || value == "v";
    return step_.flipsHorizontally || step_.flipsVertically;
}

bool StepReader::rounding(std::string_view value) {
    return assign(step_.rounding, parseRounding(value));
}

bool StepReader::trim(std::string_view value) {
    return assign(step_.trim, parseFrame(value));
}

// ---- Colours and effects ----

bool StepReader::background(std::string_view value) {
    return assign(step_.background, parseBackground(value));
}

bool StepReader::opacity(std::string_view value) {
    const auto percent = parseWhole(value, 0, maxPercent);
    if (percent) {
        step_.opacity = *percent / 100.0;
    }
    return percent.has_value();
}

bool StepReader::border(std::string_view value) {
    return assign(step_.border, parseBorder(value, scope_));
}

bool StepReader::replaceColour(std::string_view value) {
    return add(step_.effects, parseReplacement(value));
}

bool StepReader::blur(std::string_view value) {
    const auto radius = parseWhole(value, 1, maxBlur);
    return radius && add(step_.effects, std::optional(Blur{static_cast<double>(*radius)}));
}

bool StepReader::grayscale(std::string_view) {
    return add(step_.effects, std::optional(Grayscale{}));
}

bool StepReader::contrast(std::string_view) {
    return add(step_.effects, std::optional(StretchContrast{}));
}

bool StepReader::sharpen(std::string_view value) {
    return add(step_.effects, parseSharpen(value));
}

bool StepReader::unsharpMask(std::string_view value) {
    return add(step_.effects, parseUnsharpMask(value));
}

bool StepReader::gradient(std::string_view value) {
    return add(step_.effects, parseGradient(value, scope_));
}

bool StepReader::colorize(std::string_view value) {
    return add(step_.effects, parseColorize(value));
}

bool StepReader::shadow(std::string_view value) {
    return assign(step_.shadow, parseShadow(value));
}

bool StepReader::distort(std::string_view value) {
    return assign(step_.distort, parseDistort(value));
}

// ---- Together ----

ErrorText StepReader::finish() {
    // If both are given, the mode decides: unpic always adds a "c".
    step_.fit = cropMode_.value_or(crop_.value_or(Fit::cover));
    ErrorText error = finishRatio();
    if (error.empty()) {
        error = finishCorner();
    }
    if (error.empty()) {
        finishDensity();
        finishBackground();
        normalise(step_);
    }
    return error;
}

// A ratio alone crops to the largest part with this ratio around a face or object.
ErrorText StepReader::finishRatio() {
    if (!step_.aspectRatio || isGiven(step_.width) || isGiven(step_.height)) {
        return {};
    }
    if (!seeksObject_) {
        return "option \"ar\" needs \"w\" or \"h\"";
    }
    step_.width = {Length::Unit::fraction, 1, {}};
    step_.fit = Fit::coverRatio;
    return {};
}

ErrorText StepReader::finishCorner() const {
    if (step_.fit != Fit::extract) {
        return {};
    }
    const auto isNegative = [](const std::optional<Quantity>& offset) {
        return offset && offset->constant < 0;
    };
    if (isNegative(step_.x) || isNegative(step_.y)) {
        return "options \"x\" and \"y\" of \"cm-extract\" must not be negative";
    }
    if (isNegative(step_.centreX) || isNegative(step_.centreY)) {
        return "options \"xc\" and \"yc\" of \"cm-extract\" must not be negative";
    }
    if ((step_.x && step_.centreX) || (step_.y && step_.centreY)) {
        return "options \"x\" and \"xc\", \"y\" and \"yc\" exclude each other";
    }
    return {};
}

void StepReader::finishDensity() {
    step_.densityFormula = density_.formula;
    if (density_.formula.isEmpty()) {
        multiplySides(step_, density_.constant);
    }
}

void StepReader::finishBackground() {
    auto& background = step_.background;
    // A blurred copy can only fill padding.
    const bool isBlurred = background && background->kind == Background::Kind::blurred;
    const bool isResized = step_.fit == Fit::pad || step_.fit == Fit::padNoEnlarge;
    if (isBlurred && !(isResized && mayPad(step_))) {
        background.reset();
    }
    if (!background && mayPad(step_)) {
        background.emplace().isForPadding = true;
    }
    if (background && step_.opacity < 1) {
        background->colour.alpha = 255;
    }
}

}  // namespace private_image::imagekit
