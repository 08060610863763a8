// ITU-T H.265, sections 7.3.1 and 7.3.2.2; ISO/IEC 14496-15, 8.3.3.1.
#include "render/heif/bit_reader.hpp"
#include "render/heif/coded_picture.hpp"

namespace private_image {

namespace {

constexpr unsigned sequenceParameters = 33;
constexpr unsigned firstTypeAfterSlices = 32;

// 7.4.2: a byte of 3 after two zeros only prevents them from looking like the start of a unit. All
// that is read of a sequence's parameters is in its first bytes.
std::string unescaped(std::string_view content) {
    constexpr std::size_t maxReadSize = 512;
    std::string plain;
    int zeros = 0;
    for (char byte : content.substr(0, maxReadSize)) {
        const bool isEscape = zeros >= 2 && byte == 3;
        if (!isEscape) {
            plain += byte;
        }
        zeros = byte == 0 ? zeros + 1 : 0;
    }
    return plain;
}

// 7.3.3.
void skipProfiles(BitReader& bits, unsigned moreLayers) {
    constexpr unsigned profileBits = 88, levelBits = 8;
    const auto skip = [&bits](unsigned count) {
        for (; count >= 8; count -= 8) {
            bits.read(8);
        }
    };
    skip(profileBits + levelBits);
    unsigned present = 0;  // two flags for each layer
    for (unsigned layer = 0; layer < moreLayers; ++layer) {
        present = present << 2 | unsigned(bits.read(2));
    }
    if (moreLayers > 0) {
        bits.read(2 * (8 - moreLayers));
    }
    for (unsigned layer = moreLayers; layer > 0; --layer) {
        const unsigned flags = present >> (2 * (layer - 1));
        skip((flags & 2 ? profileBits : 0) + (flags & 1 ? levelBits : 0));
    }
}

// Cuts both margins of the conformance window away; they are given in units of so many pixels.
bool cut(std::uint32_t& side, std::uint64_t before, std::uint64_t after, std::uint64_t unit) {
    const std::uint64_t away = (before + after) * unit;
    if (away >= side) {
        return false;
    }
    side -= static_cast<std::uint32_t>(away);
    return true;
}

std::optional<CodedPicture> readParameters(std::string_view content) {
    constexpr std::uint64_t maxLength = 65535;
    const std::string plain = unescaped(content);
    BitReader bits(plain);
    bits.read(4);
    const auto moreLayers = unsigned(bits.read(3));
    bits.readFlag();
    skipProfiles(bits, moreLayers);
    bits.readGolomb();
    const std::uint64_t chroma = bits.readGolomb();
    if (chroma == 3) {
        bits.readFlag();
    }
    const std::uint64_t width = bits.readGolomb(), height = bits.readGolomb();
    std::uint64_t window[4] = {};
    if (bits.readFlag()) {
        for (std::uint64_t& side : window) {
            side = bits.readGolomb();
        }
    }
    if (bits.hasFailed() || chroma > 3 || width - 1 >= maxLength || height - 1 >= maxLength) {
        return std::nullopt;
    }
    const Size stored{static_cast<std::uint32_t>(width), static_cast<std::uint32_t>(height)};
    CodedPicture picture{stored, stored, 0};
    const bool fits =
        cut(picture.visible.width, window[0], window[1], chroma == 1 || chroma == 2 ? 2 : 1) &&
        cut(picture.visible.height, window[2], window[3], chroma == 1 ? 2 : 1);
    return fits ? std::optional(picture) : std::nullopt;
}

// The decoder skips units of layers other than the first.
bool addUnit(std::string_view unit, std::optional<CodedPicture>& picture, std::size_t& frames) {
    BitReader bits(unit);
    bits.read(1);
    const auto type = unsigned(bits.read(6));
    const auto layer = bits.read(6);
    bits.read(3);
    if (bits.hasFailed() || layer > 0) {
        return true;
    }
    if (type < firstTypeAfterSlices) {
        frames += bits.readFlag();  // the first slice of a picture
        return true;
    }
    if (type != sequenceParameters) {
        return true;
    }
    const auto read = readParameters(bits.rest());
    if (!read ||
        (picture && (picture->stored != read->stored || picture->visible != read->visible))) {
        return false;
    }
    picture = read;
    return true;
}

}  // namespace

std::optional<CodedPicture> hevcPicture(std::string_view stream) {
    std::optional<CodedPicture> picture;
    std::size_t frames = 0;
    for (int units = 0; !stream.empty(); ++units) {
        BitReader bits(stream);
        const std::string_view unit = bits.take(bits.read(32));
        if (bits.hasFailed() || units == maxUnits || !addUnit(unit, picture, frames)) {
            return std::nullopt;
        }
        stream = bits.rest();
    }
    if (picture) {
        picture->frames = frames;
    }
    return picture;
}

std::optional<std::string> hevcConfiguration(std::string_view content) {
    BitReader bits(content);
    bits.take(22);
    std::string stream;
    for (std::uint64_t arrays = bits.read(8); arrays > 0 && !bits.hasFailed(); --arrays) {
        bits.read(8);
        for (std::uint64_t units = bits.read(16); units > 0 && !bits.hasFailed(); --units) {
            const std::string_view unit = bits.take(bits.read(16));
            if (!unit.empty()) {
                stream += {'\0', '\0', static_cast<char>(unit.size() >> 8),
                           static_cast<char>(unit.size() & 0xFF)};
                stream += unit;
            }
        }
    }
    return bits.hasFailed() ? std::nullopt : std::optional(stream);
}

}  // namespace private_image
