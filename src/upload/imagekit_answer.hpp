// The JSON answers of ImageKit's upload API.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "upload/imagekit_fields.hpp"
#include "upload/outcome.hpp"

namespace private_image::upload {

// An image as it was stored.
struct StoredImage {
    std::string path;      // decoded, with leading slash, below the gate's prefix
    std::string uploadId;  // of this upload: another upload to the same path has another one
    std::uint64_t bytes = 0;
    std::uint32_t width = 0, height = 0;  // of one frame, upright
    bool isPrivate = false;
};

// The id by which ImageKit's clients name a file: base64url of its path, so that no table is
// needed. Of [A-Za-z0-9_-], which clients put into URLs without escaping.
std::string fileIdOf(std::string_view path);

// `gateUrl`: scheme, host and prefix of the gate, with a slash at the end.
std::string imagekitUploadAnswer(const StoredImage& image, const UploadRequest& request,
                                 std::string_view gateUrl);

// What is kept with the image, besides its mark: JSON.
std::string detailsOf(const UploadRequest& request);

// {"message": …, "help": …}
std::string imagekitErrorAnswer(const UploadError& error);

}  // namespace private_image::upload
