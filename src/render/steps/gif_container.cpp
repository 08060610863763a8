// GIF89a specification. Invalid blocks are read as libnsgif, the decoder of libvips, reads them.
#include "render/steps/gif_container.hpp"

#include <algorithm>
#include <string_view>

namespace private_image {

namespace {

constexpr std::size_t screenEnd = 13;  // of the header and the logical screen descriptor
constexpr std::size_t packedAt = 10, backgroundAt = 11;
constexpr unsigned paletteFlag = 0x80;
constexpr unsigned char extension = 0x21, graphicControl = 0xF9, imageDescriptor = 0x2C;
constexpr unsigned invalidCodeSize = 12;

constexpr unsigned restoreBackground = 2, restorePrevious = 3;

struct Area {
    std::uint32_t left = 0, top = 0, right = 0, bottom = 0;

    bool isEmpty() const { return left >= right || top >= bottom; }
    bool contains(const Area& other) const {
        return left <= other.left && top <= other.top && right >= other.right &&
               bottom >= other.bottom;
    }
};

struct Frame {
    Area area;
    bool hasTransparentIndex = false;
    unsigned disposal = 0;
};

std::size_t paletteLength(unsigned packed) {
    return (packed & paletteFlag) != 0 ? std::size_t(6) << (packed & 7) : 0;
}

// Tracks which parts of the canvas the frames cover, judged by the frames' areas and not by their
// pixels.
class Coverage {
public:
    explicit Coverage(Area canvas) : canvas_(canvas) {}

    bool hasHoles() const { return hasHoles_; }
    bool showsBackground() const { return showsBackground_; }

    void add(const Frame& frame) {
        const auto covers = [&](const Area& area) {
            return !frame.hasTransparentIndex && frame.area.contains(area);
        };
        const bool endsClearing = cleared_.isEmpty() || covers(cleared_);
        const bool isCovered = covers(canvas_) || (isCovered_ && endsClearing);
        showsBackground_ = showsBackground_ || (isPainted_ && !endsClearing);
        hasHoles_ = hasHoles_ || !isCovered;
        // After this frame, the canvas is as it was before it.
        if (frame.disposal == restorePrevious) {
            return;
        }
        isCovered_ = isCovered;
        cleared_ = frame.disposal == restoreBackground ? frame.area : Area{};
        // libnsgif clears only after frames with a transparent index.
        isPainted_ = !cleared_.isEmpty() && !frame.hasTransparentIndex;
    }

private:
    Area canvas_;
    bool isCovered_ = false;  // the whole canvas, except cleared parts
    Area cleared_;
    bool isPainted_ = false;  // libnsgif paints the cleared part with the background
    bool hasHoles_ = false, showsBackground_ = false;
};

class BlockReader {
public:
    explicit BlockReader(std::span<const unsigned char> bytes) : bytes_(bytes) {}

    std::optional<GifCanvas> read() {
        if (bytes_.size() < screenEnd) {
            return std::nullopt;
        }
        at_ = screenEnd + paletteLength(bytes_[packedAt]);
        while (readBlock()) {
        }
        if (!coverage_) {
            return std::nullopt;
        }
        canvas_.hasHoles = coverage_->hasHoles() && !hasTransparency_;
        canvas_.showsBackground = coverage_->showsBackground();
        return canvas_;
    }

private:
    bool holds(std::size_t count) const {
        return at_ <= bytes_.size() && count <= bytes_.size() - at_;
    }
    unsigned byteAt(std::size_t offset) const { return bytes_[at_ + offset]; }
    std::uint32_t numberAt(std::size_t offset) const {
        return byteAt(offset) | byteAt(offset + 1) << 8;
    }
    bool readBlock() {
        if (!holds(1)) {
            return false;
        }
        return byteAt(0) == extension ? readExtension()
                                      : byteAt(0) == imageDescriptor && readImage();
    }
    bool readExtension();
    bool readImage();
    bool skipSubBlocks();
    void startCanvas();
    void addFrame();

    std::span<const unsigned char> bytes_;
    std::size_t at_ = 0;
    Frame frame_;  // described by the following blocks
    bool hasTransparency_ = false;
    GifCanvas canvas_;
    std::optional<Coverage> coverage_;
};

// Skips sub-blocks including the empty one that ends them.
bool BlockReader::skipSubBlocks() {
    while (holds(1)) {
        const std::size_t length = byteAt(0);
        at_ += 1 + length;
        if (length == 0) {
            return true;
        }
    }
    return false;
}

bool BlockReader::readExtension() {
    if (!holds(2)) {
        return false;
    }
    if (byteAt(1) == graphicControl && holds(7)) {
        constexpr unsigned quirk = 4;  // some tools write it instead of restorePrevious
        const unsigned disposal = byteAt(3) >> 2 & 7;
        frame_.disposal = disposal == quirk ? restorePrevious : disposal;
        frame_.hasTransparentIndex = frame_.hasTransparentIndex || (byteAt(3) & 1) != 0;
    }
    at_ += 2;
    return skipSubBlocks();
}

bool BlockReader::readImage() {
    if (!holds(10)) {
        return false;
    }
    frame_.area.left = numberAt(1);
    frame_.area.top = numberAt(3);
    frame_.area.right = frame_.area.left + numberAt(5);
    frame_.area.bottom = frame_.area.top + numberAt(7);
    at_ += 10 + paletteLength(byteAt(9));
    if (!holds(1) || byteAt(0) >= invalidCodeSize) {
        return false;
    }
    ++at_;
    const bool isWhole = skipSubBlocks();
    if (!coverage_) {
        startCanvas();
    }
    // How much of the last frame is missing cannot be determined.
    if (!isWhole) {
        frame_.area = {};
    }
    addFrame();
    return isWhole;
}

// Some tools write the size of their own screen; libnsgif ignores these sizes.
bool isMistrusted(Size screen) {
    constexpr Size ignored[] = {{640, 480},  {640, 512},   {800, 600},
                                {1024, 768}, {1280, 1024}, {1600, 1200}};
    return std::ranges::find(ignored, screen) != std::end(ignored) || screen.width == 0 ||
           screen.height == 0 || screen.width > 2048 || screen.height > 2048;
}

void BlockReader::startCanvas() {
    const auto number = [this](std::size_t at) {
        return static_cast<std::uint32_t>(bytes_[at] | bytes_[at + 1] << 8);
    };
    const auto grown = [this](Size screen) {
        return Size{std::max({1u, screen.width, frame_.area.right}),
                    std::max({1u, screen.height, frame_.area.bottom})};
    };
    // Browsers refuse larger canvases, so how libvips reads them does not matter.
    constexpr std::uint64_t maxPixelCount = std::uint64_t(1) << 29;
    Size screen{number(6), number(8)};
    if (std::uint64_t(screen.width) * screen.height > maxPixelCount) {
        screen = {};
    }
    canvas_.size = grown(screen);
    canvas_.isMisread = isMistrusted(screen) && grown({}) != canvas_.size;
    coverage_.emplace(Area{0, 0, canvas_.size.width, canvas_.size.height});
}

void BlockReader::addFrame() {
    hasTransparency_ = hasTransparency_ || frame_.hasTransparentIndex;
    frame_.area.right = std::min(frame_.area.right, canvas_.size.width);
    frame_.area.bottom = std::min(frame_.area.bottom, canvas_.size.height);
    coverage_->add(frame_);
    frame_ = {};
}

std::string inverted(std::string text) {
    for (char& byte : text) {
        byte = static_cast<char>(~byte);
    }
    return text;
}

// The index of the first colour that differs from the colour at 0; 0 if all are equal.
std::size_t otherColour(std::string_view palette) {
    std::size_t at = 3;
    while (at < palette.size() && palette.substr(at, 3) == palette.substr(0, 3)) {
        at += 3;
    }
    return at < palette.size() ? at / 3 : 0;
}

// The global palette, with at least two colours if possible. If there is no palette, libnsgif
// uses black and white.
std::string withTwoColours(const std::string& palette) {
    constexpr std::size_t maxLength = std::size_t(3) * 256;
    if (palette.empty()) {
        return {0, 0, 0, '\xFF', '\xFF', '\xFF'};
    }
    return otherColour(palette) == 0 && palette.size() < maxLength ? palette + inverted(palette)
                                                                   : palette;
}

std::string transparentPixelAt(std::uint32_t x, std::uint32_t y) {
    const auto low = [](std::uint32_t value) { return static_cast<char>(value & 0xFF); };
    const auto high = [](std::uint32_t value) { return static_cast<char>(value >> 8); };
    // Disposal 1, index 0 is transparent; one pixel of it in codes of three bits.
    return {'\x21',  '\xF9', 4, 5, 0, 0, 0, 0, '\x2C', low(x), high(x), low(y),
            high(y), 1,      0, 1, 0, 0, 2, 2, 0x44,   1,      0};
}

}  // namespace

std::optional<GifCanvas> readGifCanvas(std::span<const unsigned char> bytes) {
    return BlockReader(bytes).read();
}

std::string withLeadingFrame(std::span<const unsigned char> bytes, const GifCanvas& canvas,
                             GifBackground background) {
    const std::string_view file(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    const std::size_t length = paletteLength(bytes[packedAt]);
    const std::string palette = withTwoColours(std::string(file.substr(screenEnd, length)));
    unsigned size = 0;  // of the palette, as stored in the packed field
    while (std::size_t(6) << size < palette.size()) {
        ++size;
    }
    std::string made;
    made.reserve(file.size() + 2 * palette.size() + 32);
    made += file.substr(0, screenEnd);
    made[packedAt] = static_cast<char>(paletteFlag | size);
    made[backgroundAt] =
        static_cast<char>(background == GifBackground::other ? otherColour(palette) : 0);
    made += palette;
    made += transparentPixelAt(canvas.size.width - 1, canvas.size.height - 1);
    made += file.substr(screenEnd + length);
    return made;
}

}  // namespace private_image
