// The tables of names. No switch has a default, so that a value without a name does not compile.
#include "transform/names.hpp"

#include <array>

namespace private_image {

namespace {

constexpr std::array imageFormats = {Format::jpeg, Format::png, Format::webp,
                                     Format::avif, Format::gif, Format::jxl};

constexpr std::array allSourceTypes = {SourceType::jpeg, SourceType::png,  SourceType::webp,
                                       SourceType::gif,  SourceType::avif, SourceType::heic,
                                       SourceType::tiff, SourceType::svg,  SourceType::jxl};

}  // namespace

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
        case Format::json:
            return "json";
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
        case Format::json:
            return "application/json";
    }
    return {};
}

std::string_view mediaType(SourceType type) {
    switch (type) {
        case SourceType::jpeg:
            return "image/jpeg";
        case SourceType::png:
            return "image/png";
        case SourceType::webp:
            return "image/webp";
        case SourceType::gif:
            return "image/gif";
        case SourceType::avif:
            return "image/avif";
        case SourceType::heic:
            return "image/heic";
        case SourceType::tiff:
            return "image/tiff";
        case SourceType::svg:
            return "image/svg+xml";
        case SourceType::jxl:
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
    for (const Format format : imageFormats) {
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

std::string_view trimName(Trim::Kind kind) {
    switch (kind) {
        case Trim::Kind::none:
            return "none";
        case Trim::Kind::sides:
            return "sides";
        case Trim::Kind::box:
            return "box";
        case Trim::Kind::frame:
            return "frame";
    }
    return {};
}

std::string_view backgroundName(Background::Kind kind) {
    switch (kind) {
        case Background::Kind::colour:
            return "colour";
        case Background::Kind::blurred:
            return "blurred";
        case Background::Kind::dominant:
            return "dominant";
        case Background::Kind::gradient:
            return "gradient";
    }
    return {};
}

std::string_view layerName(Layer::Kind kind) {
    switch (kind) {
        case Layer::Kind::image:
            return "image";
        case Layer::Kind::text:
            return "text";
        case Layer::Kind::block:
            return "block";
    }
    return {};
}

std::string_view anchorName(Layer::Anchor anchor) {
    switch (anchor) {
        case Layer::Anchor::topLeft:
            return "top-left";
        case Layer::Anchor::top:
            return "top";
        case Layer::Anchor::topRight:
            return "top-right";
        case Layer::Anchor::left:
            return "left";
        case Layer::Anchor::centre:
            return "centre";
        case Layer::Anchor::right:
            return "right";
        case Layer::Anchor::bottomLeft:
            return "bottom-left";
        case Layer::Anchor::bottom:
            return "bottom";
        case Layer::Anchor::bottomRight:
            return "bottom-right";
    }
    return {};
}

std::string_view modeName(Layer::Mode mode) {
    switch (mode) {
        case Layer::Mode::over:
            return "over";
        case Layer::Mode::multiply:
            return "multiply";
        case Layer::Mode::displace:
            return "displace";
        case Layer::Mode::cutout:
            return "cutout";
        case Layer::Mode::cutter:
            return "cutter";
    }
    return {};
}

std::string_view alignName(Text::Align align) {
    switch (align) {
        case Text::Align::left:
            return "left";
        case Text::Align::centre:
            return "centre";
        case Text::Align::right:
            return "right";
    }
    return {};
}

std::string_view relationName(Condition::Relation relation) {
    switch (relation) {
        case Condition::Relation::equal:
            return "eq";
        case Condition::Relation::unequal:
            return "ne";
        case Condition::Relation::greater:
            return "gt";
        case Condition::Relation::greaterEqual:
            return "gte";
        case Condition::Relation::less:
            return "lt";
        case Condition::Relation::lessEqual:
            return "lte";
    }
    return {};
}

std::string_view metadataName(Metadata metadata) {
    switch (metadata) {
        case Metadata::none:
            return "none";
        case Metadata::copyright:
            return "copyright";
        case Metadata::keep:
            return "keep";
    }
    return {};
}

}  // namespace private_image
