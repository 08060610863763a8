// Names of uploaded images, as ImageKit makes them of `fileName` and `folder`.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace private_image::upload {

inline constexpr std::size_t maxNameBytes = 255;  // of one segment: the limit of file systems
inline constexpr std::size_t maxFolderLevels = 50;
inline constexpr std::size_t uniqueLength = 9;  // characters of [A-Za-z0-9_-], 54 bits

// Letters, digits, "." and "-" stay; all else becomes "_". Letters of any script stay, in Unicode's
// normal form C. Empty where the name is empty, begins with a dot or is not UTF-8.
std::optional<std::string> cleanFileName(std::string_view fileName);

// Why no image can have the path (decoded, with leading slash), since a gate would refuse its URL:
// a clause for messages, such as "the path has a dot segment". Empty: an image can.
std::string_view storedPathError(std::string_view path);

// "/a/b/": begins and ends with a slash, and has no empty segment. Letters, digits, "_" and "-"
// stay; all else becomes "_". Empty where a segment begins with a dot, is longer than maxNameBytes
// or is not UTF-8, and where there are more than maxFolderLevels.
std::optional<std::string> cleanFolder(std::string_view folder);

// The name with "_" and `unique` before its extension: "a_f1wgNuL3P.jpg".
std::string withUniquePart(std::string_view name, std::string_view unique);

// A unique part of random bytes; throws std::runtime_error where there is no randomness.
std::string makeUniquePart();

}  // namespace private_image::upload
