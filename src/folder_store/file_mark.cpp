#include "folder_store/file_mark.hpp"

#include <sys/xattr.h>

#include <array>
#include <cerrno>
#include <string_view>

namespace private_image {

Mark readFileMark(int descriptor) {
    std::array<char, 64> value;
    const ssize_t size = fgetxattr(descriptor, markAttribute, value.data(), value.size());
    if (size < 0) {
        return errno == ENODATA || errno == ENOTSUP ? Mark::unknown : Mark::privateImage;
    }
    const std::string_view text(value.data(), static_cast<std::size_t>(size));
    return flagMeansPrivate(text) ? Mark::privateImage : Mark::publicImage;
}

}  // namespace private_image
