// Determines the type of an image from its first bytes.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "transform/transform.hpp"

namespace private_image {

// Bytes that determine every type but SVG; with fewer, a later call may find a type.
inline constexpr std::size_t probeLength = 512;

// The root element of an SVG must begin within this many bytes.
inline constexpr std::size_t maxPreamble = std::size_t{64} * 1024;

// Empty if the type is unknown. SVG is recognised by its root element, after what XML allows before
// it (XML 1.0, 2.8): a byte order mark, a declaration, comments, processing instructions, a doctype
// and blanks. Reads at most maxPreamble bytes.
std::optional<SourceType> probeType(std::span<const unsigned char> firstBytes);

// How many bytes to wait for before probing: probeLength, but twice as many as have arrived, up to
// maxPreamble, while all of them may precede the root element of an XML document.
std::size_t bytesToProbe(std::span<const unsigned char> firstBytes);

}  // namespace private_image
