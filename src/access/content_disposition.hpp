// Content-Disposition of an image that is requested as a download.
#pragma once

#include <string>
#include <string_view>

namespace private_image {

// The header's value for a file name in UTF-8, empty: without a name. RFC 6266: a plain name for
// old clients, in which other bytes become "_", and the whole name percent-encoded.
std::string attachmentDisposition(std::string_view filename);

}  // namespace private_image
