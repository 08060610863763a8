// The names of enumeration values in canonical texts, directives and headers. The dialects have
// their own names.
#pragma once

#include <optional>
#include <string_view>

#include "transform/transform.hpp"

namespace private_image {

// "jpeg", "png"... and "image/jpeg"... (json is "application/json").
std::string_view formatName(Format format);
std::string_view mediaType(Format format);
std::string_view mediaType(SourceType type);
std::string_view sourceTypeName(SourceType type);

// The inverse of formatName; also accepts "jpg". Empty if unknown, and for json: it is not an image
// format, so no directive may name it.
std::optional<Format> formatFromName(std::string_view name);
std::optional<SourceType> sourceTypeFromName(std::string_view name);

std::string_view fitName(Fit fit);
std::string_view trimName(Trim::Kind kind);
std::string_view backgroundName(Background::Kind kind);
std::string_view layerName(Layer::Kind kind);
std::string_view anchorName(Layer::Anchor anchor);
std::string_view modeName(Layer::Mode mode);
std::string_view alignName(Text::Align align);
std::string_view relationName(Condition::Relation relation);
std::string_view metadataName(Metadata metadata);

}  // namespace private_image
