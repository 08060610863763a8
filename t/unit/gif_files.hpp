// GIF files written block by block, as tools write them that libvips' own saver is not like.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pictures.hpp"

namespace private_image::pictures {

inline const std::array<Colour, 4> gifColours{red, green, blue, yellow};

struct GifFrame {
    std::uint32_t left = 0, top = 0, width = 0, height = 0;
    int colour = 0;  // its index; all pixels have it
    int disposal = 0;
    std::optional<int> transparentIndex{};
    bool hasPalette = false;
    bool isInterlaced = false;
    int delay = 10;  // hundredths of a second
};

struct GifFile {
    std::uint32_t width = 40, height = 40;
    int background = 0;
    bool hasPalette = true;
    std::vector<Colour> palette{gifColours.begin(), gifColours.end()};  // four colours
    std::vector<GifFrame> frames;
};

inline std::string gifNumber(std::uint32_t value) {
    return {static_cast<char>(value & 0xFF), static_cast<char>(value >> 8)};
}

inline std::string gifPalette(const std::vector<Colour>& colours) {
    std::string bytes;
    for (const Colour& colour : colours) {
        bytes += static_cast<char>(colour.red);
        bytes += static_cast<char>(colour.green);
        bytes += static_cast<char>(colour.blue);
    }
    return bytes;
}

// Codes of three bits, with a clear code before every two pixels so that none becomes longer.
inline std::string gifPixels(int colour, std::uint64_t count) {
    std::string bytes;
    unsigned held = 0;
    int bits = 0;
    const auto add = [&](unsigned code) {
        held |= code << bits;
        for (bits += 3; bits >= 8; bits -= 8, held >>= 8) {
            bytes += static_cast<char>(held & 0xFF);
        }
    };
    for (std::uint64_t i = 0; i < count; ++i) {
        if (i % 2 == 0) {
            add(4);
        }
        add(static_cast<unsigned>(colour));
    }
    add(5);
    bytes += static_cast<char>(held);
    std::string blocks(1, '\2');
    for (std::size_t at = 0; at < bytes.size(); at += 255) {
        const std::string block = bytes.substr(at, 255);
        blocks += static_cast<char>(block.size());
        blocks += block;
    }
    return blocks + '\0';
}

inline std::string gifBlocks(const GifFrame& frame, const std::vector<Colour>& palette) {
    const int transparency = frame.transparentIndex ? 1 : 0;
    std::string bytes("\x21\xF9\4", 3);
    bytes += static_cast<char>(frame.disposal << 2 | transparency);
    bytes += gifNumber(static_cast<std::uint32_t>(frame.delay));
    bytes += static_cast<char>(frame.transparentIndex.value_or(0));
    bytes += std::string("\0\x2C", 2);
    bytes += gifNumber(frame.left) + gifNumber(frame.top);
    bytes += gifNumber(frame.width) + gifNumber(frame.height);
    bytes += static_cast<char>((frame.hasPalette ? 0x81 : 0) | (frame.isInterlaced ? 0x40 : 0));
    bytes += frame.hasPalette ? gifPalette(palette) : "";
    return bytes + gifPixels(frame.colour, std::uint64_t(frame.width) * frame.height);
}

inline std::string write(const GifFile& file) {
    std::string bytes = "GIF89a" + gifNumber(file.width) + gifNumber(file.height);
    bytes += static_cast<char>(file.hasPalette ? 0x81 : 0);
    bytes += static_cast<char>(file.background);
    bytes += '\0';
    bytes += file.hasPalette ? gifPalette(file.palette) : "";
    bytes += std::string("\x21\xFF\x0BNETSCAPE2.0\3\1\0\0\0", 19);
    for (const GifFrame& frame : file.frames) {
        bytes += gifBlocks(frame, file.palette);
    }
    return bytes + ';';
}

inline std::string gifOf(std::vector<GifFrame> frames, int background = 0) {
    GifFile file;
    file.background = background;
    file.frames = std::move(frames);
    return write(file);
}

}  // namespace private_image::pictures
