// An image as it was stored.
#pragma once

#include <cstdint>
#include <string>

namespace private_image::upload {

struct StoredImage {
    std::string path;      // decoded, with leading slash, below the gate's prefix
    std::string uploadId;  // of this upload: another upload to the same path has another one
    std::uint64_t bytes = 0;
    std::uint32_t width = 0, height = 0;  // of one frame, upright
    bool isPrivate = false;
};

}  // namespace private_image::upload
