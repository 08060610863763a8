// Work in a child process, while the configuration is read: it may crash, hang or change its user.
#pragma once

#include <functional>
#include <string>

#include "nginx/host/ngx.hpp"

namespace private_image {

// How long the parent waits for more of the text.
inline constexpr int childSeconds = 60;

// The text that `work` returns in a child process. Cut short where the child crashed, threw or was
// ended because it took too long: the caller checks for the end of the text. Empty after an [emerg]
// where there is no child.
std::string textFromChild(ngx_log_t* log, const std::function<std::string()>& work);

}  // namespace private_image
