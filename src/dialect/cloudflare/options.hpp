// Cloudflare's option list, "w=400,fit=cover", and the transform that it asks for. Where the list
// stands in a URL or a configuration is left to others.
#pragma once

#include <string_view>

#include "base/result.hpp"
#include "dialect/parsed_request.hpp"

namespace private_image::cloudflare {

// Options as NGINX hands them out of a URL, decoded already. Name no watermark.
Result<Transform, ParseError> readOptions(std::string_view options);

// A variant's, as they stand in the configuration: values are percent-decoded, and `watermark` may
// name one of these. The error's detail says what to write instead.
Result<Transform, ParseError> readVariantOptions(std::string_view options,
                                                 const Watermarks& watermarks);

}  // namespace private_image::cloudflare
