// What an operator demands of uploads from browsers, whose credential need not cover the fields.
#pragma once

#include <optional>
#include <string>

#include "upload/outcome.hpp"
#include "upload/upload_request.hpp"

namespace private_image::upload {

// The parameters of private_image_upload_client.
struct ClientRules {
    bool forcesPrivate = false;
    bool forbidsOverwrite = false;
    // Evaluated; uploads go into it or below it. Where its last part is a variable, it must end in
    // a slash, so that an empty value leaves an empty segment, which is refused.
    std::optional<std::string> folder;
};

// Changes the request as the rules demand; the error refuses it. A folder of the rules that is
// empty or would have to be cleaned refuses every request: two users' folders could become one.
std::optional<UploadError> applyClientRules(const ClientRules& rules, UploadRequest& request);

}  // namespace private_image::upload
