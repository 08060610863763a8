// Signatures of the image types, read strictly from the front. Decodes nothing, allocates nothing.
#include "render/probe.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace private_image {

namespace {

using namespace std::string_view_literals;

struct Signature {
    std::string_view bytes;
    SourceType type;
};

constexpr std::array signatures{
    Signature{"\xFF\xD8\xFF"sv, SourceType::jpeg},
    Signature{"\x89PNG\r\n\x1A\n"sv, SourceType::png},
    Signature{"GIF87a"sv, SourceType::gif},
    Signature{"GIF89a"sv, SourceType::gif},
    Signature{"II*\0"sv, SourceType::tiff},
    Signature{"MM\0*"sv, SourceType::tiff},
    Signature{"II+\0\x08\0\0\0"sv, SourceType::tiff},
    Signature{"MM\0+\0\x08\0\0"sv, SourceType::tiff},
    Signature{"\xFF\x0A"sv, SourceType::jxl},
    Signature{"\0\0\0\x0CJXL \r\n\x87\n"sv, SourceType::jxl},
};

constexpr std::array avifBrands{"avif"sv, "avis"sv};
constexpr std::array heicBrands{"heic"sv, "heix"sv, "heim"sv, "heis"sv,
                                "hevc"sv, "hevx"sv, "hevm"sv, "hevs"sv};

template <typename List>
bool contains(const List& list, std::string_view word) {
    return std::find(list.begin(), list.end(), word) != list.end();
}

std::optional<SourceType> brandType(std::string_view brand) {
    if (contains(avifBrands, brand)) {
        return SourceType::avif;
    }
    if (contains(heicBrands, brand)) {
        return SourceType::heic;
    }
    return std::nullopt;
}

std::size_t bigEndian32(std::string_view text) {
    std::size_t value = 0;
    for (char byte : text.substr(0, 4)) {
        value = value << 8 | static_cast<unsigned char>(byte);
    }
    return value;
}

bool isIso(std::string_view text) {
    return text.size() >= 16 && text.substr(4, 4) == "ftyp";
}

// ISO/IEC 14496-12: size, "ftyp", major brand, minor version, compatible brands. A major brand of
// mif1 or msf1 says only "an image"; the first compatible brand that names a codec decides.
std::optional<SourceType> isoType(std::string_view text) {
    if (auto type = brandType(text.substr(8, 4))) {
        return type;
    }
    const std::size_t end = std::min(bigEndian32(text), text.size());
    for (std::size_t at = 16; at + 4 <= end; at += 4) {
        if (auto type = brandType(text.substr(at, 4))) {
            return type;
        }
    }
    return std::nullopt;
}

void skipBlanks(std::string_view& text) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
}

// Leaves `text` behind the first `end`, or empty where there is none.
void skipPast(std::string_view& text, std::string_view end) {
    const auto at = text.find(end);
    text.remove_prefix(at == text.npos ? text.size() : at + end.size());
}

// A doctype may hold an internal subset in brackets, with further ">" inside.
void skipDoctype(std::string_view& text) {
    const auto at = text.find_first_of("[>");
    if (at != text.npos && text[at] == '[') {
        skipPast(text, "]");
    }
    skipPast(text, ">");
}

bool isSvgRoot(std::string_view text) {
    if (!text.starts_with('<')) {
        return false;
    }
    const auto end = text.find_first_of(" \t\r\n/>", 1);
    if (end == text.npos) {
        return false;
    }
    std::string_view name = text.substr(1, end - 1);
    if (const auto colon = name.find(':'); colon != name.npos) {
        name.remove_prefix(colon + 1);
    }
    return name == "svg";
}

bool isSvg(std::string_view text) {
    if (text.starts_with("\xEF\xBB\xBF")) {
        text.remove_prefix(3);
    }
    for (skipBlanks(text); !text.empty(); skipBlanks(text)) {
        if (text.starts_with("<?")) {
            skipPast(text, "?>");
        } else if (text.starts_with("<!--")) {
            skipPast(text, "-->");
        } else if (text.starts_with("<!DOCTYPE")) {
            skipDoctype(text);
        } else {
            return isSvgRoot(text);
        }
    }
    return false;
}

}  // namespace

std::optional<SourceType> probeType(std::span<const unsigned char> firstBytes) {
    const std::string_view text(reinterpret_cast<const char*>(firstBytes.data()),
                                std::min(firstBytes.size(), probeLength));
    for (const Signature& signature : signatures) {
        if (text.starts_with(signature.bytes)) {
            return signature.type;
        }
    }
    if (text.starts_with("RIFF") && text.size() >= 12 && text.substr(8, 4) == "WEBP") {
        return SourceType::webp;
    }
    // Whatever else it may be as well: a brand may yet come.
    if (isIso(text)) {
        return isoType(text);
    }
    return isSvg(text) ? std::optional(SourceType::svg) : std::nullopt;
}

}  // namespace private_image
