// The type of an image, told from its first bytes. Decodes nothing.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "transform/transform.hpp"

namespace private_image {

// As many bytes as the probe ever looks at; with fewer, a later call may say more.
inline constexpr std::size_t probeLength = 512;

// Empty: none of the known types. SVG is told by its root element (after an XML declaration,
// comments, a doctype and blanks) within probeLength.
std::optional<SourceType> probeType(std::span<const unsigned char> firstBytes);

}  // namespace private_image
