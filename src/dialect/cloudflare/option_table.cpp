#include "dialect/cloudflare/option_table.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include "dialect/cloudflare/values.hpp"
#include "transform/colour.hpp"
#include "transform/names.hpp"

namespace private_image::cloudflare {

namespace {

constexpr double maxDpr = 5;
constexpr double maxSharpen = 10;
constexpr double maxBlur = 250;
constexpr double maxTolerance = 255;

using Text = std::string_view;

template <typename Target, typename Value>
bool assign(Target& target, std::optional<Value> value) {
    if (value) {
        target = std::move(*value);
    }
    return value.has_value();
}

bool readDpr(Draft& draft, Text value) {
    return assign(draft.dpr, numberUpTo(value, maxDpr)) && draft.dpr > 0;
}

bool readBackground(Draft& draft, Text value) {
    const auto colour = cssColour(value);
    if (colour) {
        draft.step.background.emplace().colour = *colour;
    }
    return colour.has_value();
}

bool readTrim(Draft& draft, Text value) {
    draft.trim.isBorder = value == "border";
    return draft.trim.isBorder || assign(draft.trim.sides, parseTrimSides(value));
}

// A width or height of the part that remains, so 0 is refused.
bool readTrimSize(std::optional<Length>& size, std::string_view value) {
    return assign(size, parseTrimLength(value)) && size->unit != Length::Unit::none;
}

bool readDeviceWidth(double& width, Text value) {
    const auto side = parseSide(value);
    width = side ? side->value : 0;
    return side.has_value();
}

bool readFlip(Draft& draft, Text value) {
    draft.step.flipsHorizontally = value == "h" || value == "hv";
    draft.step.flipsVertically = value == "v" || value == "hv";
    return draft.step.flipsHorizontally || draft.step.flipsVertically;
}

bool readFormat(Draft& draft, Text value) {
    Transform& transform = draft.transform;
    if (value == "auto") {
        transform.formatChoice = FormatChoice::automatic;
        return true;
    }
    transform.formatChoice = FormatChoice::named;
    if (value == "baseline-jpeg") {
        transform.format = Format::jpeg;
        transform.encoding.progressive = Progressive::never;
        return true;
    }
    if (value == "json") {
        transform.format = Format::json;
        return true;
    }
    const bool isFormat = value != "jxl" && assign(transform.format, formatFromName(value));
    if (isFormat && transform.format == Format::jpeg) {
        transform.encoding.progressive = Progressive::bySize;
    }
    return isFormat;
}

bool readQuality(Draft& draft, Text value) {
    return assign(draft.transform.encoding.quality, parseQuality(value));
}

bool readSlowQuality(Draft& draft, Text value) {
    return assign(draft.transform.encoding.slowQuality, parseQuality(value));
}

bool readMetadata(Draft& draft, Text value) {
    return assign(draft.transform.metadata, parseMetadata(value));
}

bool readAnim(Draft& draft, Text value) {
    draft.transform.isStill = value == "false";
    return value == "true" || value == "false";
}

bool readCompression(Draft& draft, Text value) {
    draft.transform.encoding.isFast = value == "fast";
    return draft.transform.encoding.isFast;
}

bool readOnError(Draft& draft, Text value) {
    draft.transform.redirectsOnError = value == "redirect";
    return draft.transform.redirectsOnError;
}

constexpr std::string_view aSide = "a whole number from 1 to 65535";
constexpr std::string_view aTrimmedLength =
    "a whole number of pixels up to 65535 or a fraction such as 0.25";
constexpr std::string_view aTrimmedSize =
    "a whole number of pixels from 1 to 65535 or a fraction such as 0.25";
constexpr std::string_view aFactor = "a number from 0 to 100";
constexpr std::string_view aQuality =
    "a whole number from 1 to 100, high, medium-high, medium-low or low";

constexpr auto options = std::to_array<Option>({
    {"width", "w", "a whole number from 1 to 65535, or auto",
     [](Draft& draft, Text value) { return assign(draft.step.width, parseWidth(value)); }},
    {"height", "h", aSide,
     [](Draft& draft, Text value) { return assign(draft.step.height, parseSide(value)); }},
    {"dpr", "", "a number above 0, up to 5", readDpr},
    {"fit", "", "scale-down, contain, cover, crop, pad, squeeze, aspect-crop or scale-up",
     [](Draft& draft, Text value) { return assign(draft.step.fit, parseFit(value)); }},
    // These three options affect width=auto only.
    {"wbreakpoints", "", "up to 32 whole numbers from 1 to 65535, such as 320;768;960;1920",
     [](Draft& draft, Text value) {
         return assign(draft.step.automaticWidths.breakpoints, parseBreakpoints(value));
     }},
    {"wmobile", "", aSide,
     [](Draft& draft, Text value) {
         return readDeviceWidth(draft.step.automaticWidths.mobile, value);
     }},
    {"wdesktop", "", aSide,
     [](Draft& draft, Text value) {
         return readDeviceWidth(draft.step.automaticWidths.desktop, value);
     }},
    {"gravity", "g", "left, right, top, bottom, auto, face or a point such as 0.5x0.33",
     [](Draft& draft, Text value) { return assign(draft.step.gravity, parseGravity(value)); }},
    // There is no face detector, so there is no face to zoom to.
    {"zoom", "face-zoom", "a number from 0 to 1",
     [](Draft&, Text value) { return numberUpTo(value, 1).has_value(); }},
    {"trim", "", "top;right;bottom;left in pixels or fractions, or border", readTrim},
    {"trim.left", "", aTrimmedLength,
     [](Draft& draft, Text value) { return assign(draft.trim.left, parseTrimLength(value)); }},
    {"trim.top", "", aTrimmedLength,
     [](Draft& draft, Text value) { return assign(draft.trim.top, parseTrimLength(value)); }},
    {"trim.width", "", aTrimmedSize,
     [](Draft& draft, Text value) { return readTrimSize(draft.trim.width, value); }},
    {"trim.height", "", aTrimmedSize,
     [](Draft& draft, Text value) { return readTrimSize(draft.trim.height, value); }},
    {"trim.border.color", "", "a CSS colour",
     [](Draft& draft, Text value) { return assign(draft.trim.borderColour, cssColour(value)); }},
    {"trim.border.tolerance", "", "a number from 0 to 255",
     [](Draft& draft, Text value) {
         return assign(draft.trim.borderTolerance, numberUpTo(value, maxTolerance));
     }},
    {"trim.border.keep", "", "a whole number of pixels up to 65535",
     [](Draft& draft, Text value) {
         return assign(draft.trim.borderKeep,
                       wholeNumberUpTo(value, static_cast<std::uint32_t>(maxSide)));
     }},
    {"rotate", "", "0, 90, 180, 270 or 360",
     [](Draft& draft, Text value) {
         return assign(draft.step.quarterTurns, parseQuarterTurns(value));
     }},
    {"flip", "", "h, v or hv", readFlip},
    {"background", "", "a CSS colour", readBackground},
    {"blur", "", "a number from 0 to 250",
     [](Draft& draft,
        Text value) { return assign(draft.blur.radius, numberUpTo(value, maxBlur)); }},
    {"sharpen", "", "a number from 0 to 10",
     [](Draft& draft,
        Text value) { return assign(draft.sharpen.amount, numberUpTo(value, maxSharpen)); }},
    {"brightness", "", aFactor,
     [](Draft& draft, Text value) { return assign(draft.levels.brightness, parseFactor(value)); }},
    {"contrast", "", aFactor,
     [](Draft& draft, Text value) { return assign(draft.levels.contrast, parseFactor(value)); }},
    {"gamma", "", "0, or a number from 0.01 to 100",
     [](Draft& draft, Text value) { return assign(draft.levels.gamma, parseGamma(value)); }},
    {"saturation", "", aFactor,
     [](Draft& draft,
        Text value) { return assign(draft.levels.saturation, parseSaturation(value)); }},
    {"quality", "q", aQuality, readQuality},
    {"slow-connection-quality", "scq", aQuality, readSlowQuality},
    {"format", "f", "auto, avif, webp, jpeg, baseline-jpeg, png, gif or json", readFormat},
    {"metadata", "", "keep, copyright or none", readMetadata},
    {"anim", "", "true or false", readAnim},
    {"compression", "", "fast", readCompression},
    {"onerror", "", "redirect", readOnError},
    // Accepted without effect: all images are enlarged by interpolation.
    {"upscale", "", "interpolate", [](Draft&, Text value) { return value == "interpolate"; }},
    {"watermark", "", "the name of a watermark", nullptr},
});

constexpr std::array otherOptions = {
    UnsupportedOption{"segment", "is not supported: it needs a model that recognises subjects"},
    UnsupportedOption{"border", "is not available in URLs"},
    UnsupportedOption{"border.color", "is not available in URLs"},
    UnsupportedOption{"border.width", "is not available in URLs"},
};

}  // namespace

std::span<const Option> knownOptions() {
    return options;
}

std::span<const UnsupportedOption> unsupportedOptions() {
    return otherOptions;
}

}  // namespace private_image::cloudflare
