// The neutral grammar: each step in parentheses, then what concerns the whole result. Everything
// is key=value, joined by commas; free text is percent-encoded, so that no value can end another.
// Leaves storage and hashing to others.
//
//     (w=400,h=300,fit=cover)(blur=3)format=webp,quality=60
#include "transform/canonical.hpp"

#include <array>
#include <charconv>

#include "base/encoding.hpp"

namespace private_image {

namespace {

constexpr std::array allFormats = {Format::jpeg, Format::png, Format::webp,
                                   Format::avif, Format::gif, Format::jxl};

constexpr std::array allSourceTypes = {SourceType::jpeg, SourceType::png,  SourceType::webp,
                                       SourceType::gif,  SourceType::avif, SourceType::heic,
                                       SourceType::tiff, SourceType::svg,  SourceType::jxl};

std::string_view fitName(Fit fit) {
    switch (fit) {
        case Fit::inside:
            return "inside";
        case Fit::insideNoEnlarge:
            return "inside-no-enlarge";
        case Fit::insideNoShrink:
            return "inside-no-shrink";
        case Fit::outside:
            return "outside";
        case Fit::cover:
            return "cover";
        case Fit::coverNoEnlarge:
            return "cover-no-enlarge";
        case Fit::coverRatio:
            return "cover-ratio";
        case Fit::stretch:
            return "stretch";
        case Fit::pad:
            return "pad";
        case Fit::padNoEnlarge:
            return "pad-no-enlarge";
        case Fit::extract:
            return "extract";
        case Fit::padExtract:
            return "pad-extract";
    }
    return {};
}

// The shortest text that reads back as the same number.
std::string numberText(double number) {
    std::array<char, 32> buffer;
    const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number);
    return error == std::errc{} ? std::string(buffer.data(), end) : std::string();
}

std::string colourText(const Colour& colour) {
    const std::array<unsigned char, 4> channels = {colour.red, colour.green, colour.blue,
                                                   colour.alpha};
    return toHex(channels);
}

// "key=value" pairs joined by commas.
class Pairs {
public:
    void add(std::string_view key, std::string_view value) {
        if (!text_.empty()) {
            text_ += ',';
        }
        text_ += key;
        text_ += '=';
        text_ += value;
    }

    // A fraction is told from pixels by an "x", as in "times the source's side".
    void add(std::string_view key, const Length& length) {
        switch (length.unit) {
            case Length::Unit::none:
                return;
            case Length::Unit::pixels:
                return add(key, numberText(length.value));
            case Length::Unit::fraction:
                return add(key, numberText(length.value) + 'x');
        }
    }

    void add(std::string_view key, const std::optional<std::int32_t>& number) {
        if (number) {
            add(key, std::to_string(*number));
        }
    }

    void addUnlessZero(std::string_view key, double number) {
        if (number != 0) {
            add(key, numberText(number));
        }
    }

    void add(const Gravity& gravity) {
        if (gravity.kind == Gravity::Kind::attention) {
            add("keep", "attention");
        }
        if (gravity.x != Gravity{}.x || gravity.y != Gravity{}.y) {
            add("at", numberText(gravity.x) + 'x' + numberText(gravity.y));
        }
    }

    const std::string& text() const { return text_; }

private:
    std::string text_;
};

std::string layerText(const Layer& layer) {
    Pairs pairs;
    pairs.add("path", percentEncodePath(layer.path));
    pairs.add("w", layer.width);
    pairs.add("h", layer.height);
    pairs.add(layer.gravity);
    pairs.add("x", layer.x);
    pairs.add("y", layer.y);
    return '(' + pairs.text() + ')';
}

std::string stepText(const Step& step) {
    Pairs pairs;
    pairs.add("w", step.width);
    pairs.add("h", step.height);
    if (step.aspectRatio) {
        pairs.add("ratio", numberText(*step.aspectRatio));
    }
    if (step.fit != Step{}.fit) {
        pairs.add("fit", fitName(step.fit));
    }
    pairs.add(step.gravity);
    pairs.add("x", step.x);
    pairs.add("y", step.y);
    if (step.background) {
        pairs.add("background", colourText(*step.background));
    }
    pairs.addUnlessZero("sharpen", step.sharpen);
    pairs.addUnlessZero("blur", step.blur);
    for (const Layer& layer : step.layers) {
        pairs.add("layer", layerText(layer));
    }
    return '(' + pairs.text() + ')';
}

void addFormat(Pairs& pairs, const Transform& transform) {
    switch (transform.formatChoice) {
        case Transform::FormatChoice::unnamed:
            return;
        case Transform::FormatChoice::automatic:
            return pairs.add("format", "auto");
        case Transform::FormatChoice::source:
            return pairs.add("format", "source");
        case Transform::FormatChoice::named:
            return pairs.add("format", formatName(transform.format));
    }
}

void addMetadata(Pairs& pairs, Metadata metadata) {
    switch (metadata) {
        case Metadata::none:
            return;
        case Metadata::copyright:
            return pairs.add("metadata", "copyright");
        case Metadata::keep:
            return pairs.add("metadata", "keep");
    }
}

std::string resultText(const Transform& transform) {
    Pairs pairs;
    addFormat(pairs, transform);
    if (transform.quality) {
        pairs.add("quality", std::to_string(*transform.quality));
    }
    addMetadata(pairs, transform.metadata);
    if (!transform.defaultImage.empty()) {
        pairs.add("default", percentEncodePath(transform.defaultImage));
    }
    // The digest covers the file and its settings; the name alone would outlive a changed file.
    for (const Watermark* watermark : transform.watermarks) {
        pairs.add("watermark",
                  percentEncodePath(watermark->name) + '@' + percentEncodePath(watermark->digest));
    }
    return pairs.text();
}

bool hasBox(const Step& step) {
    return step.width.unit != Length::Unit::none || step.height.unit != Length::Unit::none;
}

bool isBoxComplete(const Step& step) {
    const bool hasBoth =
        step.width.unit != Length::Unit::none && step.height.unit != Length::Unit::none;
    return hasBoth || (hasBox(step) && step.aspectRatio);
}

// Whether the step asks which part is kept, or where the image sits. An extract cuts even where
// one side is the source's own.
bool usesGravity(const Step& step) {
    switch (step.fit) {
        case Fit::inside:
        case Fit::insideNoEnlarge:
        case Fit::insideNoShrink:
        case Fit::outside:
        case Fit::stretch:
            return false;
        case Fit::cover:
        case Fit::coverNoEnlarge:
        case Fit::coverRatio:
        case Fit::pad:
        case Fit::padNoEnlarge:
            return isBoxComplete(step);
        case Fit::extract:
        case Fit::padExtract:
            return hasBox(step);
    }
    return true;
}

bool onlyPads(Fit fit) {
    return fit == Fit::pad || fit == Fit::padNoEnlarge;
}

}  // namespace

bool mayPad(const Step& step) {
    return (onlyPads(step.fit) || step.fit == Fit::padExtract) && usesGravity(step);
}

void dropIdleParts(Step& step) {
    if (!hasBox(step)) {
        step.fit = Step{}.fit;
        step.aspectRatio.reset();
    }
    if (step.fit != Fit::extract) {
        step.x.reset();
        step.y.reset();
    }
    const bool seeksContent = step.gravity.kind == Gravity::Kind::attention;
    if (!usesGravity(step) || (onlyPads(step.fit) && seeksContent)) {
        step.gravity = {};
    }
    for (Layer& layer : step.layers) {
        if (layer.x || layer.y) {
            layer.gravity = {};
        }
    }
}

std::string canonicalText(const Transform& transform) {
    std::string text;
    for (const Step& step : transform.steps) {
        text += stepText(step);
    }
    return text + resultText(transform);
}

std::string_view formatName(Format format) {
    switch (format) {
        case Format::jpeg:
            return "jpeg";
        case Format::png:
            return "png";
        case Format::webp:
            return "webp";
        case Format::avif:
            return "avif";
        case Format::gif:
            return "gif";
        case Format::jxl:
            return "jxl";
    }
    return {};
}

std::string_view mediaType(Format format) {
    switch (format) {
        case Format::jpeg:
            return "image/jpeg";
        case Format::png:
            return "image/png";
        case Format::webp:
            return "image/webp";
        case Format::avif:
            return "image/avif";
        case Format::gif:
            return "image/gif";
        case Format::jxl:
            return "image/jxl";
    }
    return {};
}

std::string_view sourceTypeName(SourceType type) {
    switch (type) {
        case SourceType::jpeg:
            return "jpeg";
        case SourceType::png:
            return "png";
        case SourceType::webp:
            return "webp";
        case SourceType::gif:
            return "gif";
        case SourceType::avif:
            return "avif";
        case SourceType::heic:
            return "heic";
        case SourceType::tiff:
            return "tiff";
        case SourceType::svg:
            return "svg";
        case SourceType::jxl:
            return "jxl";
    }
    return {};
}

std::optional<Format> formatFromName(std::string_view name) {
    if (name == "jpg") {
        return Format::jpeg;
    }
    for (const Format format : allFormats) {
        if (formatName(format) == name) {
            return format;
        }
    }
    return std::nullopt;
}

std::optional<SourceType> sourceTypeFromName(std::string_view name) {
    if (name == "jpg") {
        return SourceType::jpeg;
    }
    for (const SourceType type : allSourceTypes) {
        if (sourceTypeName(type) == name) {
            return type;
        }
    }
    return std::nullopt;
}

}  // namespace private_image
