// JSON as clients send it. Readers of JSON differ in what they make of a repeated key: it is
// refused.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace private_image::upload {

using Json = nlohmann::ordered_json;  // its members keep the order in which they were sent

inline constexpr std::size_t maxJsonDepth = 16;
inline constexpr std::size_t maxJsonValues = 1024;  // also bounds the search for repeated keys

// The object that the text is. The error is a clause for the client: "is not valid JSON".
Result<Json, std::string> parseJsonObject(std::string_view text);

// The value in one line without blanks. Bytes that are not UTF-8 are replaced.
std::string textOf(const Json& json);

// True for UTF-8 without NUL.
bool isUtf8(std::string_view text);

}  // namespace private_image::upload
