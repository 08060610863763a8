#include "upload/imagekit_api/answer.hpp"

#include "base/encoding.hpp"
#include "upload/strict_json.hpp"

namespace private_image::upload {

namespace {

constexpr std::string_view help = "See docs/uploads.md of the private image module.";

std::string urlOf(std::string_view gateUrl, std::string_view path) {
    return std::string(gateUrl) + percentEncodePath(path.substr(1));
}

}  // namespace

std::string fileIdOf(std::string_view path) {
    return base64UrlEncode(path);
}

std::string imagekitUploadAnswer(const StoredImage& image, const UploadRequest& request,
                                 std::string_view gateUrl) {
    const std::string id = fileIdOf(image.path);
    Json answer = {
        {"fileId", id},
        {"name", image.path.substr(image.path.rfind('/') + 1)},
        {"size", image.bytes},
        {"versionInfo", {{"id", id}, {"name", "Version 1"}}},
        {"filePath", image.path},
        {"url", urlOf(gateUrl, image.path)},
        {"fileType", "image"},
        {"height", image.height},
        {"width", image.width},
        {"thumbnailUrl", urlOf(std::string(gateUrl) + "tr:n-ik_ml_thumbnail/", image.path)},
        {"AITags", nullptr},
    };
    if (request.showsPrivate) {
        answer["isPrivateFile"] = image.isPrivate;
    }
    if (request.showsPublished) {
        answer["isPublished"] = true;
    }
    if (request.showsTags) {
        answer["tags"] = request.tags && !request.tags->empty() ? Json(*request.tags) : Json();
    }
    if (request.showsCoordinates) {
        answer["customCoordinates"] =
            request.customCoordinates ? Json(*request.customCoordinates) : Json();
    }
    return textOf(answer);
}

std::string detailsOf(const UploadRequest& request) {
    Json details = Json::object();
    if (request.tags) {
        details["tags"] = *request.tags;
    }
    if (request.customCoordinates) {
        details["customCoordinates"] = *request.customCoordinates;
    }
    if (request.description) {
        details["description"] = *request.description;
    }
    return textOf(details);
}

std::string imagekitErrorAnswer(const UploadError& error) {
    return textOf({{"message", error.message}, {"help", help}});
}

}  // namespace private_image::upload
