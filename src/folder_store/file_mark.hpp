// The mark of an image in a folder: the extended attribute user.isprivatefile of its file.
#pragma once

#include "access/privacy_mark.hpp"

namespace private_image {

inline constexpr const char* markAttribute = "user.isprivatefile";
inline constexpr const char* detailsAttribute = "user.private_image";

// Reads the mark through a descriptor, never by a path, which could name another file a moment
// later. Values mean what they mean in a flag header. Unknown where there is no attribute, or where
// the file system has none; private where the attribute cannot be read.
Mark readFileMark(int descriptor);

}  // namespace private_image
