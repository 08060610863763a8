// The fields of ImageKit's upload API, as its documentation lists them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "upload/form.hpp"
#include "upload/outcome.hpp"

namespace private_image::upload {

// What an upload asks for, whichever service's API it came by.
struct UploadRequest {
    std::string folder = "/";  // begins and ends with a slash
    std::string name;          // cleaned, without the unique part
    bool wantsUniqueName = true;
    bool isPrivate = false;
    bool mayOverwrite = true;
    bool overwritesTags = true;
    std::optional<std::vector<std::string>> tags;
    std::optional<std::string> customCoordinates;
    std::optional<std::string> description;
    // What the answer shows besides its fixed members.
    bool showsPrivate = false, showsPublished = false, showsTags = false, showsCoordinates = false;
};

// The fields of `POST …/api/v1/files/upload`, authenticated by the private key. A field that is
// unknown, repeated or invalid is `badField`; one that is not served, because ignoring it would
// change what is stored or who may see it, is `notServed`.
Result<UploadRequest, UploadError> parseImagekitFields(const std::vector<Field>& fields);

}  // namespace private_image::upload
