// The calls of ImageKit's API: which one a request is, and the bodies of those that manage files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "upload/image_details.hpp"
#include "upload/outcome.hpp"

namespace private_image::upload {

enum class ImagekitCall : std::uint8_t {
    uploadV1,     // POST api/v1/files/upload
    uploadV2,     // POST api/v2/files/upload
    details,      // GET v1/files/<id>/details
    edit,         // PATCH v1/files/<id>/details
    remove,       // DELETE v1/files/<id>
    removeBatch,  // POST v1/files/batch/deleteByFileIds
    purge,        // POST v1/files/purge
    purgeStatus,  // GET v1/files/purge/<request id>
};

struct ImagekitRoute {
    ImagekitCall call = ImagekitCall::uploadV1;
    std::string path;  // of the image, for calls with an id: decoded, with leading slash

    bool operator==(const ImagekitRoute&) const = default;
};

// `target`: the request target below the door's location, as it was sent, without leading slash.
// `notFound` for an id of no image, and for paths of no API; `notServed` for every other call.
Result<ImagekitRoute, UploadError> parseImagekitRoute(std::string_view method,
                                                      std::string_view target);

// The path of the image with this id: the inverse of fileIdOf(). Empty for every other spelling,
// and for a path that the gate would refuse.
std::optional<std::string> pathOfFileId(std::string_view fileId);

// For an id of no image.
UploadError noSuchFileError();

// What PATCH changes. The mark is not among it.
struct ImagekitEdit {
    std::optional<std::optional<std::vector<std::string>>> tags;  // empty inside: removed
    std::optional<std::optional<std::string>> customCoordinates;
    std::optional<std::string> description;

    bool operator==(const ImagekitEdit&) const = default;
};

Result<ImagekitEdit, UploadError> parseImagekitEdit(std::string_view body);

void apply(const ImagekitEdit& edit, ImageDetails& details);

inline constexpr std::size_t maxBatchFiles = 100;

struct NamedFile {
    std::string fileId;
    std::string path;

    bool operator==(const NamedFile&) const = default;
};

struct FileBatch {
    std::vector<NamedFile> files;      // each once
    std::vector<std::string> missing;  // ids of no image
};

Result<FileBatch, UploadError> parseFileBatch(std::string_view body);

// The path of the image that POST purge names by its URL below `gateUrl`, with or without a
// transformation. `notServed` for a pattern.
Result<std::string, UploadError> parsePurge(std::string_view body, std::string_view gateUrl);

}  // namespace private_image::upload
