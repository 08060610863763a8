#include "upload/imagekit_api/answer.hpp"

#include <algorithm>

#include "access/digest.hpp"
#include "base/date_time.hpp"
#include "base/encoding.hpp"
#include "upload/strict_json.hpp"

namespace private_image::upload {

namespace {

constexpr std::string_view help = "See docs/uploads.md of the private image module.";

constexpr std::string_view thumbnailPrefix = "tr:n-ik_ml_thumbnail/";
constexpr std::size_t requestIdLength = 24;

std::string nameOf(std::string_view path) {
    return std::string(path.substr(path.rfind('/') + 1));
}

template <typename T>
Json valueOrNull(const std::optional<T>& value) {
    return value ? Json(*value) : Json();
}

// The service has no empty list of tags.
Json tagsOf(const std::optional<std::vector<std::string>>& tags) {
    return tags && !tags->empty() ? Json(*tags) : Json();
}

Json versionOf(const std::string& fileId) {
    return {{"id", fileId}, {"name", "Version 1"}};
}

std::string urlOf(std::string_view gateUrl, std::string_view path) {
    return std::string(gateUrl) + percentEncodePath(path.substr(1));
}

std::string thumbnailOf(std::string_view gateUrl, std::string_view path) {
    return urlOf(std::string(gateUrl).append(thumbnailPrefix), path);
}

}  // namespace

std::string fileIdOf(std::string_view path) {
    return base64UrlEncode(path);
}

std::string imagekitUploadAnswer(const StoredImage& image, const UploadRequest& request,
                                 std::string_view gateUrl) {
    const std::string id = fileIdOf(image.path);
    Json answer = {
        {"fileId", id},           {"name", nameOf(image.path)},
        {"size", image.bytes},    {"versionInfo", versionOf(id)},
        {"filePath", image.path}, {"url", urlOf(gateUrl, image.path)},
        {"fileType", "image"},    {"height", image.height},
        {"width", image.width},   {"thumbnailUrl", thumbnailOf(gateUrl, image.path)},
        {"AITags", nullptr},
    };
    if (request.showsPrivate) {
        answer["isPrivateFile"] = image.isPrivate;
    }
    if (request.showsPublished) {
        answer["isPublished"] = true;
    }
    if (request.showsTags) {
        answer["tags"] = tagsOf(request.tags);
    }
    if (request.showsCoordinates) {
        answer["customCoordinates"] = valueOrNull(request.customCoordinates);
    }
    return textOf(answer);
}

std::string imagekitErrorAnswer(const UploadError& error) {
    return textOf({{"message", error.message}, {"help", help}});
}

}  // namespace private_image::upload
