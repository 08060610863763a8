// What an upload asks for, whichever service's API it came by.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace private_image::upload {

struct UploadRequest {
    std::string folder = "/";  // begins and ends with a slash
    bool hasFolder = false;    // the client has named it
    std::string name;          // cleaned, without the unique part
    bool wantsUniqueName = true;
    bool isPrivate = false;
    bool mayOverwrite = true;
    bool overwritesTags = true;
    std::optional<std::vector<std::string>> tags;
    std::optional<std::string> customCoordinates;
    std::optional<std::string> description;
    std::optional<std::string> creator;
    std::string metadata = "{}";  // a JSON object
    // What the answer shows in addition to its fixed members.
    bool showsPrivate = false, showsPublished = false, showsTags = false, showsCoordinates = false;
};

}  // namespace private_image::upload
