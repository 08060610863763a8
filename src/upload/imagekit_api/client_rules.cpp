#include "upload/imagekit_api/client_rules.hpp"

#include "upload/image_name.hpp"

namespace private_image::upload {

namespace {

// The folder with a slash at both ends; empty where it is no clean path.
std::string exactFolder(const std::string& folder) {
    const auto clean = cleanFolder(folder);
    if (folder.empty() || !clean) {
        return {};
    }
    const std::string withSlashes =
        (folder.starts_with('/') ? "" : "/") + folder + (folder.ends_with('/') ? "" : "/");
    return *clean == withSlashes ? withSlashes : std::string();
}

std::optional<UploadError> confine(const std::string& folder, UploadRequest& request) {
    const std::string allowed = exactFolder(folder);
    if (allowed.empty()) {
        return UploadError{Outcome::badField, "No folder is open to uploads from browsers."};
    }
    if (!request.hasFolder) {
        request.folder = allowed;
    }
    if (!request.folder.starts_with(allowed)) {
        return UploadError{Outcome::badField,
                           "The folder parameter must name " + allowed + " or a folder in it."};
    }
    return std::nullopt;
}

}  // namespace

std::optional<UploadError> applyClientRules(const ClientRules& rules, UploadRequest& request) {
    request.isPrivate |= rules.forcesPrivate;
    request.mayOverwrite &= !rules.forbidsOverwrite;
    return rules.folder ? confine(*rules.folder, request) : std::nullopt;
}

}  // namespace private_image::upload
