// The JSON answers of ImageKit's upload API.
#pragma once

#include <string>
#include <string_view>

#include "upload/outcome.hpp"
#include "upload/stored_image.hpp"
#include "upload/upload_request.hpp"

namespace private_image::upload {

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
