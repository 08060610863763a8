// Values of settings whose variables are known before there is a request.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace private_image {

struct KnownVariable {
    std::string_view name;  // without "$"
    std::string_view value;
};

// The value with `$name` and `${name}` replaced, as NGINX writes variables. Empty where it uses
// another variable.
std::optional<std::string> expandVariables(std::string_view text,
                                           std::span<const KnownVariable> known);

}  // namespace private_image
