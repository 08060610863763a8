#include "upload/cloudflare_api/image_id.hpp"

#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <stdexcept>

#include "base/ascii.hpp"
#include "base/encoding.hpp"
#include "upload/image_name.hpp"
#include "upload/strict_json.hpp"

namespace private_image::upload {

namespace {

constexpr std::size_t uuidLength = 36;

// What browsers and servers would treat as something else. The service's own list is not published.
constexpr std::array<std::string_view, 35> otherExtensions{
    "7z",  "avi",  "bin", "css", "csv", "doc", "docx", "exe",   "gz",   "htm", "html", "jar",
    "js",  "json", "mjs", "md",  "mkv", "mov", "mp3",  "mp4",   "mpeg", "ogg", "pdf",  "php",
    "ppt", "pptx", "rar", "tar", "txt", "wav", "webm", "xhtml", "xls",  "xml", "zip"};

// Calls of the API: an image with such an id could not be named in it.
constexpr std::array<std::string_view, 6> callNames{"batch_token", "config", "direct_upload",
                                                    "keys",        "stats",  "variants"};

bool isUuidDash(std::size_t place) {
    return place == 8 || place == 13 || place == 18 || place == 23;
}

bool isHexDigit(char c) {
    const char lower = toLowerCase(c);
    return isDigit(c) || (lower >= 'a' && lower <= 'f');
}

std::size_t charactersOf(std::string_view utf8) {
    return static_cast<std::size_t>(std::ranges::count_if(
        utf8, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

bool hasOtherExtension(std::string_view id) {
    const std::string_view name = id.substr(id.rfind('/') + 1);
    const std::size_t dot = name.rfind('.');
    if (dot == name.npos) {
        return false;
    }
    const std::string extension = toLowerCase(name.substr(dot + 1));
    return std::ranges::find(otherExtensions, extension) != otherExtensions.end();
}

bool hasLongSegment(std::string_view id) {
    for (std::size_t begin = 0; begin <= id.size();) {
        const std::size_t end = std::min(id.find('/', begin), id.size());
        if (end - begin > maxNameBytes) {
            return true;
        }
        begin = end + 1;
    }
    return false;
}

}  // namespace

std::string makeUuid() {
    std::array<unsigned char, 16> bytes;
    if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) {
        throw std::runtime_error("no random bytes");
    }
    bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0f) | 0x40);  // the version
    bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3f) | 0x80);  // the variant
    std::string uuid = toHex(bytes);
    for (const std::size_t place : {8, 13, 18, 23}) {
        uuid.insert(place, "-");
    }
    return uuid;
}

bool isUuid(std::string_view text) {
    if (text.size() != uuidLength) {
        return false;
    }
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (isUuidDash(i) ? text[i] != '-' : !isHexDigit(text[i])) {
            return false;
        }
    }
    return true;
}

std::string_view customIdError(std::string_view id) {
    if (id.empty() || !isUtf8(id)) {
        return "must be UTF-8 and not empty";
    }
    if (charactersOf(id) > maxIdCharacters) {
        return "must have at most 1024 characters";
    }
    if (isUuid(id)) {
        return "must not be a UUID";
    }
    if (id.front() == '/' || id.back() == '/') {
        return "must not begin or end with a slash";
    }
    if (!storedPathError("/" + std::string(id)).empty()) {
        return "must be a path without backslashes, control characters, empty segments and "
               "segments "
               "that begin with a dot";
    }
    if (hasLongSegment(id)) {
        return "must have at most 255 bytes between slashes";
    }
    if (std::ranges::find(callNames, id) != callNames.end()) {
        return "must not be the name of a call of the API";
    }
    return hasOtherExtension(id) ? "must not have the extension of another kind of file" : "";
}

}  // namespace private_image::upload
