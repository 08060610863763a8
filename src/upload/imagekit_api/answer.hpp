// The JSON answers of ImageKit's upload API.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "upload/image_details.hpp"
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

// The file object of `GET …/details` and of `PATCH`. Sizes and type are those of the details.
std::string imagekitFileAnswer(const StoredImage& image, const ImageDetails& details,
                               std::string_view gateUrl);

struct JsonAnswer {
    unsigned status = 200;
    std::string body;
};

// Of a batch delete of which each file was deleted or failed: 200, or 207 where one failed.
JsonAnswer fileBatchAnswer(const std::vector<std::string>& deletedIds,
                           const std::vector<std::string>& failedIds);

// Of a batch delete that names ids of no image: 404, and nothing is deleted.
JsonAnswer missingFilesAnswer(const std::vector<std::string>& missingIds);

// Status 201: a purge is done before it is answered.
std::string purgeAnswer(std::string_view path);
std::string purgeStatusAnswer();

// {"message": …, "help": …}
std::string imagekitErrorAnswer(const UploadError& error);

}  // namespace private_image::upload
