#include "access/content_disposition.hpp"

#include "base/encoding.hpp"

namespace private_image {

std::string attachmentDisposition(std::string_view filename) {
    if (filename.empty()) {
        return "attachment";
    }
    std::string plain, encoded;
    for (const char& c : filename) {
        const bool isPlain = c >= ' ' && c < 0x7f && c != '"' && c != '\\' && c != '/' && c != '%';
        plain += isPlain ? c : '_';
        encoded += c == '/' ? std::string("%2F") : percentEncodePath(std::string_view(&c, 1));
    }
    return "attachment; filename=\"" + plain + "\"; filename*=UTF-8''" + encoded;
}

}  // namespace private_image
