// One spelling per transform, for cache keys, entity tags and logs. Knows no storage.
#pragma once

#include <string>

#include "transform/transform.hpp"

namespace private_image {

// Equal transforms have equal texts, different ones different texts; defaults are left out.
// Printable ASCII without blanks or quotes.
std::string canonicalText(const Transform& transform);

// Takes away what has no effect, so that equal work has equal text: how to fit where there is no
// box, what to keep where nothing is cut. The dialects call it on each step that they read.
void dropIdleParts(Step& step);

// Whether the step may extend the canvas, so that it needs a colour.
bool mayPad(const Step& step);

// "jpeg", "png"... and "image/jpeg"...
std::string_view formatName(Format format);
std::string_view mediaType(Format format);
std::string_view sourceTypeName(SourceType type);

// The inverse of formatName; also takes "jpg". Empty if unknown.
std::optional<Format> formatFromName(std::string_view name);
std::optional<SourceType> sourceTypeFromName(std::string_view name);

}  // namespace private_image
