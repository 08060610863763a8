// Which values of Content-Encoding mean that the bytes are encoded.
#pragma once

#include <string_view>

namespace private_image {

// True if a Content-Encoding value names a coding that changes the bytes: gzip, deflate, br, zstd
// or compress, or the aliases x-gzip and x-compress (RFC 9110, 8.4.1). The value is a
// comma-separated list; case and blanks are ignored. Any other word, such as the "aws-chunked",
// "utf-8" or "binary" that storages keep from an upload, leaves the bytes as they are.
bool namesContentCoding(std::string_view contentEncoding);

}  // namespace private_image
