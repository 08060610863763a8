// What is kept of an uploaded image in addition to its bytes and its mark, whichever service's API
// it came by. JSON, in the attribute user.private_image of a file or in the metadata of an object.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "upload/outcome.hpp"
#include "upload/upload_request.hpp"

namespace private_image::upload {

inline constexpr std::size_t maxDetailsBytes = 2000;  // as JSON, of a file

struct ImageDetails {
    std::string uploadId;                 // another upload to the same path has another one
    std::int64_t uploadedMs = 0;          // unix milliseconds
    std::int64_t changedMs = 0;           // of the last change of the details; 0: none
    std::uint32_t width = 0, height = 0;  // of one frame, upright
    std::string type;                     // "image/png"
    bool hasAlpha = false;
    std::string filename;  // as the client named the file; may be empty
    std::optional<std::vector<std::string>> tags;
    std::optional<std::string> customCoordinates, description, creator;
    std::string metadata = "{}";  // a JSON object

    bool operator==(const ImageDetails&) const = default;
};

// The type, for a header; empty where the details have none of an image.
std::string_view mediaTypeOf(const ImageDetails& details);

// The details that the request gives; the others are left as they are by default.
ImageDetails imageDetailsOf(const UploadRequest& request);

// `badField` where the JSON would be longer than `maxBytes`.
Result<std::string, UploadError> toJson(const ImageDetails& details,
                                        std::size_t maxBytes = maxDetailsBytes);

// Reads what toJson() has written. Members that are missing have their default and unknown ones are
// skipped, so that another version's details can be read; empty where the text is anything else.
std::optional<ImageDetails> parseDetails(std::string_view json);

}  // namespace private_image::upload
