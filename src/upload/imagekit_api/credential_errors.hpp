// Errors that several credentials of ImageKit's upload API share.
#pragma once

#include <string>
#include <utility>

#include "base/result.hpp"
#include "upload/outcome.hpp"

namespace private_image::upload {

inline Error<UploadError> noKeyError() {
    return Error{UploadError{Outcome::noKey, "Your request does not contain private API key."}};
}

inline Error<UploadError> badKeyError() {
    return Error{UploadError{Outcome::badKey, "Your account cannot be authenticated."}};
}

inline Error<UploadError> badTokenError(std::string message) {
    return Error{UploadError{Outcome::badToken, std::move(message)}};
}

}  // namespace private_image::upload
