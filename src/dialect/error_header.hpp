// A header by which a service names the error of an answer.
#pragma once

#include <string>
#include <string_view>

namespace private_image {

struct ErrorHeader {
    std::string_view name;
    std::string value;
};

}  // namespace private_image
