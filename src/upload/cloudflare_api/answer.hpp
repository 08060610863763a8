// The JSON answers of Cloudflare's API: {"result": …, "success": …, "errors": […], …}.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "upload/image_details.hpp"
#include "upload/outcome.hpp"

namespace private_image::upload {

// Where images are delivered.
struct Delivery {
    std::string_view gateUrl;  // scheme, host and prefix of the gate, with a slash at the end
    std::span<const std::string> variants;  // names
};

std::string cloudflareImageAnswer(std::string_view id, bool isPrivate, const ImageDetails& details,
                                  const Delivery& delivery);

// Of an image whose one-time URL was not used yet.
std::string cloudflareDraftAnswer(std::string_view id, bool isPrivate, const ImageDetails& details,
                                  const Delivery& delivery);

// Of direct_upload.
std::string cloudflareUploadUrlAnswer(std::string_view id, std::string_view uploadUrl);

// Of DELETE.
std::string cloudflareEmptyAnswer();

// The message begins with "ERROR <code>: ", since the service answers some errors as plain text
// with this begin, and clients look for it.
std::string cloudflareErrorAnswer(const UploadError& error);

}  // namespace private_image::upload
