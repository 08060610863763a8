// The words of private_image_s3.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace private_image {

// Views into the words that were parsed. Without slashes at the end of `path`.
struct S3Words {
    std::string_view host, path, region, credentials, profile;
};

// HOST[/PATH], then region=NAME, credentials=FILE and profile=NAME in any order. The error is the
// invalid word. Does not check that region= and credentials= are present. Precondition: there is at
// least one word.
Result<S3Words, std::string> parseS3Words(std::span<const std::string_view> words);

}  // namespace private_image
