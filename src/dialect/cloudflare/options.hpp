// Cloudflare's option list, "w=400,fit=cover", and the transform that it describes.
#pragma once

#include <string_view>

#include "base/result.hpp"
#include "dialect/parsed_request.hpp"

namespace private_image::cloudflare {

// Parses the options of a URL, which NGINX has decoded. They must not name a watermark.
Result<Transform, ParseError> readOptions(std::string_view options);

// Parses a variant's options from the configuration: values are percent-decoded, and `watermark`
// may name one of `watermarks`. The error's detail contains advice.
Result<Transform, ParseError> readVariantOptions(std::string_view options,
                                                 const Watermarks& watermarks);

}  // namespace private_image::cloudflare
