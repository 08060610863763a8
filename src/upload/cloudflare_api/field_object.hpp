// A request's fields as one JSON object, however they were sent.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "upload/form.hpp"
#include "upload/outcome.hpp"
#include "upload/strict_json.hpp"

namespace private_image::upload {

// Each field is a member with its text. `metadata[a][b]` is a member of a member, and repeated
// `metadata[a][]` are an array, as Cloudflare's client writes objects into forms; no other field
// may repeat.
Result<Json, UploadError> objectOfForm(const std::vector<Field>& fields);

// Of a body without multipart: JSON if it begins with "{", else application/x-www-form-urlencoded.
Result<Json, UploadError> objectOfBody(std::string_view body);

}  // namespace private_image::upload
