// The type of an image, told from its first bytes. Decodes nothing.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "transform/transform.hpp"

namespace private_image {

// As many bytes as tell every type but SVG; with fewer, a later call may say more.
inline constexpr std::size_t probeLength = 512;

// The root element of an SVG begins within so many bytes.
inline constexpr std::size_t maxPreamble = 64 * 1024;

// Empty: none of the known types. SVG is recognised by its root element, after what XML allows
// before it (XML 1.0, 2.8): a byte order mark, a declaration, comments, processing instructions, a
// doctype and blanks. Looks at no more than maxPreamble bytes.
std::optional<SourceType> probeType(std::span<const unsigned char> firstBytes);

// How many bytes to wait for before the type is probed: probeLength, but twice as many as there
// are, up to maxPreamble, while all of them may stand before the root element of an XML document.
std::size_t bytesToProbe(std::span<const unsigned char> firstBytes);

}  // namespace private_image
