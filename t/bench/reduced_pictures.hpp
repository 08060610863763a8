// What reduced.cpp is tried on: Debian's photographs, as cameras, phones and editors would have
// written them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "render/steps/image.hpp"
#include "transform/transform.hpp"

namespace private_image {

using Bytes = std::vector<unsigned char>;

// Which copies: the usual one; also others of that kind, at every size; also those that were too
// costly to be tried again.
enum class Tried { usual, alike, all };

struct Picture {
    std::string name;
    std::string file;
    std::uint32_t width = 0;  // 0: the file as it is
    std::string written;      // as libvips names a saver and its options
    SourceType type = SourceType::jpeg;
    Tried tried = Tried::alike;
    std::optional<Format> output;  // empty: as the source
    bool hasAlpha = false;
};

const std::vector<Picture>& pictures();

Bytes bytesOf(const Picture& picture, const std::string& folder);

// `how`: as libvips names a saver and its options.
Bytes written(const Image& image, const std::string& how);

}  // namespace private_image
