#include "upload/image_name.hpp"

#include <glib.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <memory>
#include <stdexcept>

#include "dialect/parsed_request.hpp"

namespace private_image::upload {

namespace {

struct FreeText {
    void operator()(char* text) const { g_free(text); }
};

bool isKept(gunichar c) {
    return g_unichar_isalnum(c) || g_unichar_ismark(c);
}

// The text with every character but letters, digits and those of `more` as "_"; empty where it is
// not UTF-8.
std::optional<std::string> cleaned(std::string_view text, std::string_view more) {
    if (!g_utf8_validate(text.data(), static_cast<gssize>(text.size()), nullptr)) {
        return std::nullopt;
    }
    const std::unique_ptr<char, FreeText> composed(
        g_utf8_normalize(text.data(), static_cast<gssize>(text.size()), G_NORMALIZE_NFC));
    if (!composed) {
        return std::nullopt;
    }
    std::string result;
    for (const char* at = composed.get(); *at != '\0'; at = g_utf8_next_char(at)) {
        const gunichar c = g_utf8_get_char(at);
        if (isKept(c)) {
            result.append(at, static_cast<std::size_t>(g_utf8_next_char(at) - at));
        } else {
            result += c < 0x80 && more.find(static_cast<char>(c)) != more.npos
                          ? static_cast<char>(c)
                          : '_';
        }
    }
    return result;
}

}  // namespace

std::optional<std::string> cleanFileName(std::string_view fileName) {
    if (fileName.empty() || fileName.front() == '.') {
        return std::nullopt;
    }
    auto name = cleaned(fileName, ".-");
    return name && name->size() <= maxNameBytes ? name : std::nullopt;
}

std::string_view storedPathError(std::string_view path) {
    if (!path.starts_with('/')) {
        return "the path has no slash at its begin";
    }
    if (path.find("//") != path.npos) {
        return "the path has an empty segment";
    }
    if (path.find("/.") != path.npos) {
        return "the path has a segment that begins with a dot";
    }
    return pathError(path);
}

std::optional<std::string> cleanFolder(std::string_view folder) {
    std::string result = "/";
    std::size_t levels = 0;
    for (std::size_t begin = 0; begin <= folder.size();) {
        const std::size_t end = std::min(folder.find('/', begin), folder.size());
        const std::string_view segment = folder.substr(begin, end - begin);
        begin = end + 1;
        if (segment.empty()) {
            continue;
        }
        const auto name = segment.front() == '.' ? std::nullopt : cleaned(segment, "-");
        if (!name || name->size() > maxNameBytes || ++levels > maxFolderLevels) {
            return std::nullopt;
        }
        result += *name + "/";
    }
    return result;
}

std::string withUniquePart(std::string_view name, std::string_view unique) {
    const std::size_t dot = name.rfind('.');
    const std::size_t end = dot == name.npos || dot == 0 ? name.size() : dot;
    std::string result(name.substr(0, end));
    result.append("_").append(unique).append(name.substr(end));
    return result;
}

std::string makeUniquePart() {
    static constexpr std::string_view digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    std::array<unsigned char, uniqueLength> random;
    if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1) {
        throw std::runtime_error("no random bytes");
    }
    std::string unique;
    for (const unsigned char byte : random) {
        unique += digits[byte % digits.size()];
    }
    return unique;
}

}  // namespace private_image::upload
