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

std::string imagekitFileAnswer(const StoredImage& image, const ImageDetails& details,
                               std::string_view gateUrl) {
    const std::string id = fileIdOf(image.path);
    Json file = {
        {"type", "file"},
        {"fileId", id},
        {"name", nameOf(image.path)},
        {"filePath", image.path},
        {"url", urlOf(gateUrl, image.path)},
        {"thumbnail", thumbnailOf(gateUrl, image.path)},
        {"fileType", "image"},
        {"mime", details.type},
        {"size", image.bytes},
        {"width", details.width},
        {"height", details.height},
        {"hasAlpha", details.hasAlpha},
        {"isPrivateFile", image.isPrivate},
        {"isPublished", true},
        {"tags", tagsOf(details.tags)},
        {"AITags", nullptr},
        {"customCoordinates", valueOrNull(details.customCoordinates)},
        {"versionInfo", versionOf(id)},
        {"createdAt", isoTime(details.uploadedMs)},
        {"updatedAt", isoTime(std::max(details.uploadedMs, details.changedMs))},
    };
    if (details.description) {
        file["description"] = *details.description;
    }
    return textOf(file);
}

JsonAnswer fileBatchAnswer(const std::vector<std::string>& deletedIds,
                           const std::vector<std::string>& failedIds) {
    Json answer = {{"successfullyDeletedFileIds", deletedIds}};
    if (failedIds.empty()) {
        return {200, textOf(answer)};
    }
    for (const std::string& id : failedIds) {
        answer["errors"].push_back({{"fileId", id}, {"error", "The file could not be deleted."}});
    }
    return {207, textOf(answer)};
}

JsonAnswer missingFilesAnswer(const std::vector<std::string>& missingIds) {
    return {404, textOf({{"message", "The requested file(s) does not exist."},
                         {"help", help},
                         {"missingFileIds", missingIds}})};
}

std::string purgeAnswer(std::string_view path) {
    return textOf({{"requestId", sha256Hex(path).substr(0, requestIdLength)}});
}

std::string purgeStatusAnswer() {
    return textOf({{"status", "Completed"}});
}

std::string imagekitErrorAnswer(const UploadError& error) {
    return textOf({{"message", error.message}, {"help", help}});
}

}  // namespace private_image::upload
