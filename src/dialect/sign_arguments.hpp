// The arguments of private_image_sign's requests.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace private_image {

struct SignArguments {
    std::optional<std::string> url;
    std::optional<std::int64_t> ttl;  // seconds
};

// `query` begins with "?", or is empty. The ttl is at least 1 and at most `maxSeconds`. The error
// is a sentence for the client.
Result<SignArguments, std::string> parseSignArguments(std::string_view query,
                                                      std::int64_t maxSeconds);

}  // namespace private_image
