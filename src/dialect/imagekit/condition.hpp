// The conditions of ImageKit's "if-…".
#pragma once

#include <optional>
#include <string_view>

#include "transform/transform.hpp"

namespace private_image::imagekit {

inline constexpr std::size_t maxTests = 16;

// "ar_gt_1_and_w_lte_300_or_ih_eq_200": "and" binds tighter. At most maxTests comparisons.
std::optional<Condition> parseCondition(std::string_view text);

}  // namespace private_image::imagekit
