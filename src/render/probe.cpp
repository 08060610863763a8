// Signatures of the image types, always matched at the first byte.
#include "render/probe.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
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
// mif1 or msf1 says only that it is an image; the first compatible brand that names a codec
// decides.
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

// Removes everything up to and including the first `end`; everything if there is no `end`.
void skipPast(std::string_view& text, std::string_view end) {
    const auto at = text.find(end);
    text.remove_prefix(at == text.npos ? text.size() : at + end.size());
}

// A doctype may hold an internal subset in brackets; both may have ">" and brackets in quotes.
void skipDoctype(std::string_view& text) {
    bool isInside = false;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char byte = text[at];
        if (byte == '"' || byte == '\'') {
            at = std::min(text.find(byte, at + 1), text.size());
        } else if (isInside && text.substr(at).starts_with("<!--")) {
            at = std::min(text.find("-->", at), text.size());
        } else if (byte == '[' || byte == ']') {
            isInside = byte == '[';
        } else if (byte == '>' && !isInside) {
            text.remove_prefix(at + 1);
            return;
        }
    }
    text = {};
}

enum class Root : std::uint8_t { svg, other, unknown };  // unknown: not reached yet

Root rootElement(std::string_view text) {
    if (!text.starts_with('<')) {
        return Root::other;
    }
    const auto end = text.find_first_of(" \t\r\n/>", 1);
    if (end == text.npos) {
        return Root::unknown;
    }
    std::string_view name = text.substr(1, end - 1);
    if (const auto colon = name.find(':'); colon != name.npos) {
        name.remove_prefix(colon + 1);
    }
    return name == "svg" ? Root::svg : Root::other;
}

Root rootOf(std::string_view text) {
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
            return rootElement(text);
        }
    }
    return Root::unknown;
}

std::string_view textOf(std::span<const unsigned char> bytes, std::size_t max) {
    return {reinterpret_cast<const char*>(bytes.data()), std::min(bytes.size(), max)};
}

}  // namespace

std::optional<SourceType> probeType(std::span<const unsigned char> firstBytes) {
    const std::string_view text = textOf(firstBytes, probeLength);
    for (const Signature& signature : signatures) {
        if (text.starts_with(signature.bytes)) {
            return signature.type;
        }
    }
    if (text.starts_with("RIFF") && text.size() >= 12 && text.substr(8, 4) == "WEBP") {
        return SourceType::webp;
    }
    // Only its brands determine the type of an ISO container; without a known brand it is refused.
    if (isIso(text)) {
        return isoType(text);
    }
    return rootOf(textOf(firstBytes, maxPreamble)) == Root::svg ? std::optional(SourceType::svg)
                                                                : std::nullopt;
}

std::size_t bytesToProbe(std::span<const unsigned char> firstBytes) {
    const std::string_view text = textOf(firstBytes, maxPreamble);
    const bool mayBeSvg = !isIso(text) && rootOf(text) == Root::unknown;
    return mayBeSvg ? std::clamp(2 * text.size(), probeLength, maxPreamble) : probeLength;
}

}  // namespace private_image
