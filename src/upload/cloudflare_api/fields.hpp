// The fields of Cloudflare's API, in a form or as JSON.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "upload/form.hpp"
#include "upload/image_details.hpp"
#include "upload/outcome.hpp"
#include "upload/stored_image.hpp"
#include "upload/strict_json.hpp"
#include "upload/upload_request.hpp"

namespace private_image::upload {

inline constexpr std::size_t maxMetadataBytes = 1024;  // as JSON

// `POST images/v1`. UploadRequest::name is the image's id, a new UUID where none was given; it is
// never a replaced one. `allowsPrivateIds`: private_ids of the door.
Result<UploadRequest, UploadError> parseCloudflareUpload(const std::vector<Field>& fields,
                                                         bool hasFile, bool allowsPrivateIds);

struct DirectUpload {
    UploadRequest request;
    std::int64_t expires = 0;  // unix seconds
};

// `POST images/v1/direct_upload` and `…/v2/…` at `now`, in unix seconds. `object`: of
// objectOfForm() or objectOfBody(), whose error is returned.
Result<DirectUpload, UploadError> parseDirectUpload(const Result<Json, UploadError>& object,
                                                    std::int64_t now, bool allowsPrivateIds);

// What PATCH changes.
struct CloudflareEdit {
    std::optional<bool> isPrivate;
    std::optional<std::string> metadata;  // replaces the old one; a JSON object
    std::optional<std::string> creator;

    bool operator==(const CloudflareEdit&) const = default;
};

Result<CloudflareEdit, UploadError> parseCloudflareEdit(const Result<Json, UploadError>& object);

// The id of the image after a PATCH: the same one, or a new UUID where the mark changes. A custom
// id refuses that, unless the door has private_ids: then every image keeps its id.
Result<std::string, UploadError> idAfterEdit(const std::string& id, bool wasPrivate,
                                             const CloudflareEdit& edit, bool allowsPrivateIds);

// Makes the changes; the image gets the path of its new id. The error of idAfterEdit().
std::optional<UploadError> apply(const CloudflareEdit& edit, bool allowsPrivateIds,
                                 StoredImage& image, ImageDetails& details);

}  // namespace private_image::upload
