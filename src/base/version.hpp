// The version of the module and of the tool, and the newest one of docs/changelog.md.
#pragma once

namespace private_image {

inline constexpr const char* version = "0.1.0";

}  // namespace private_image
