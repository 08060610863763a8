// The fields of ImageKit's upload API, as its documentation lists them.
#pragma once

#include <vector>

#include "base/result.hpp"
#include "upload/form.hpp"
#include "upload/outcome.hpp"
#include "upload/upload_request.hpp"

namespace private_image::upload {

// The fields of `POST …/api/v1/files/upload`, authenticated by the private key. A field that is
// unknown, repeated or invalid is `badField`; one that is not served, because ignoring it would
// change what is stored or who may see it, is `notServed`.
Result<UploadRequest, UploadError> parseImagekitFields(const std::vector<Field>& fields);

}  // namespace private_image::upload
