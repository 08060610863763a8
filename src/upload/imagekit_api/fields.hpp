// The fields of ImageKit's upload API, as its documentation lists them.
#pragma once

#include <vector>

#include "base/result.hpp"
#include "upload/form.hpp"
#include "upload/imagekit_api/client_credentials.hpp"
#include "upload/outcome.hpp"
#include "upload/upload_request.hpp"

namespace private_image::upload {

// The fields of `POST …/api/v1/files/upload` or `…/v2/…`, other than `file`. Those of credentials
// are skipped: they are judged before. A field that is unknown, repeated or invalid is `badField`;
// one that is not served, because ignoring it would change what is stored or who may see it, is
// `notServed`.
Result<UploadRequest, UploadError> parseImagekitFields(const std::vector<Field>& fields,
                                                       UploadVersion version = UploadVersion::v1);

}  // namespace private_image::upload
