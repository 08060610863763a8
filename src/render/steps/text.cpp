// vips_text lays out a text with Pango and draws its mask in one call. To limit the size of the
// drawing, each line is first measured at a small font size.
#include "render/steps/text.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "render/plan.hpp"
#include "render/steps/paint.hpp"
#include "render/steps/pixels.hpp"

namespace private_image {

namespace {

constexpr std::size_t maxTextLength = 8000;  // bytes: 2000 characters
constexpr std::size_t maxLines = 200;        // line feeds; each line is measured

// The font size for measuring: large enough for exact advances, small enough to be cheap.
constexpr double measuringSize = 16;

// In font sizes, if the text names no line height. Fixed, so that the number of lines follows from
// the height drawn, whatever the font's own line height is.
constexpr double defaultLineHeight = 1.2;

// From the middle of a line to the lowest part of a letter, in font sizes.
constexpr double maxDescent = 0.65;

struct Box {
    std::optional<int> width;
    int size = 0;
    int lineHeight = 0;
    std::array<int, 4> padding{};
};

std::optional<int> bounded(const Quantity& quantity, const ImageSizes& sizes, int min) {
    const auto pixels = pixelsOf(quantity, sizes);
    if (!pixels || *pixels < min || *pixels > maxTextSide) {
        return std::nullopt;
    }
    return static_cast<int>(*pixels);
}

std::optional<Box> boxOf(const Text& text, const ImageSizes& sizes) {
    Box box;
    const auto size = bounded(text.size, sizes, 1);
    if (!size) {
        return std::nullopt;
    }
    box.size = *size;
    box.lineHeight = std::max(1, int(std::lround(defaultLineHeight * *size)));
    if (text.lineHeight) {
        const auto height = bounded(*text.lineHeight, sizes, 1);
        if (!height) {
            return std::nullopt;
        }
        box.lineHeight = *height;
    }
    if (text.width) {
        box.width = bounded(*text.width, sizes, 1);
        if (!box.width) {
            return std::nullopt;
        }
    }
    for (std::size_t side = 0; side < box.padding.size(); ++side) {
        const auto padding = bounded(text.padding[side], sizes, 0);
        if (!padding) {
            return std::nullopt;
        }
        box.padding[side] = *padding;
    }
    return box;
}

// Valid UTF-8 without control characters.
bool isText(const std::string& characters) {
    const bool hasControls = std::any_of(characters.begin(), characters.end(), [](char byte) {
        const auto value = static_cast<unsigned char>(byte);
        return (value < 0x20 && byte != '\n') || value == 0x7f;
    });
    return !hasControls && g_utf8_validate(characters.data(), gssize(characters.size()), nullptr);
}

// Whether there is nothing to draw, which libvips would treat as an error.
bool isBlank(const std::string& characters) {
    for (const char* at = characters.c_str(); *at != '\0'; at = g_utf8_next_char(at)) {
        const gunichar character = g_utf8_get_char(at);
        if (!g_unichar_isspace(character) && !g_unichar_iszerowidth(character)) {
            return false;
        }
    }
    return true;
}

// A family's name in the grammar of Pango. Commas, digits at the end, @ and style words have a
// meaning there; a comma after the name ends it.
bool isFamilyName(const std::string& font) {
    if (font.empty() || font.size() > 100 || !isText(font)) {
        return false;
    }
    for (const char* at = font.c_str(); *at != '\0'; at = g_utf8_next_char(at)) {
        if (!g_unichar_isalnum(g_utf8_get_char(at)) && *at != ' ' && *at != '-' && *at != '_') {
            return false;
        }
    }
    return true;
}

std::string fontDescription(const Text& text, int size) {
    std::string description = isFamilyName(text.font) ? text.font + "," : "";
    description += std::string(defaultFont) + ",";
    description += text.bold ? " Bold" : "";
    description += text.italic ? " Italic" : "";
    return description + " " + std::to_string(size) + "px";
}

// The only markup is our own span.
std::string markup(const std::string& characters, bool strikethrough, int lineHeight) {
    char* escaped = g_markup_escape_text(characters.data(), gssize(characters.size()));
    std::string out = "<span line_height=\"" + std::to_string(lineHeight * 1024) + "\"";
    out += strikethrough ? " strikethrough=\"true\">" : ">";
    out += escaped;
    out += "</span>";
    g_free(escaped);
    return out;
}

VipsAlign alignOf(Text::Align align) {
    switch (align) {
        case Text::Align::left:
            return VIPS_ALIGN_LOW;
        case Text::Align::centre:
            return VIPS_ALIGN_CENTRE;
        default:
            return VIPS_ALIGN_HIGH;
    }
}

// libvips releases Pango's objects, which share one font map, together with the image and without
// its lock. So they are used and released under our lock, and only the mask leaves it.
std::mutex& pangoLock() {
    static std::mutex lock;
    return lock;
}

// Pango caches every font name and size, and requests can name many. Changing the resolution
// empties the cache; it has no effect on sizes in pixels. Threads of Pango may still be sorting
// fonts for the last drawing, and the last of them would change Pango's tables at the same time as
// this thread, so this thread waits many times as long as they need. Call it only under the lock.
int resolution() {
    constexpr unsigned drawingsPerReset = 256;
    constexpr std::chrono::milliseconds sortingTime{50};
    static unsigned drawings = 0;
    if (drawings++ % drawingsPerReset == drawingsPerReset - 1) {
        std::this_thread::sleep_for(sortingTime);
    }
    return 72 + int(drawings / drawingsPerReset % 2);
}

// Draws only the ink; Xoffset and Yoffset are its position in the layout. Empty if nothing is
// drawn.
Image drawn(const std::string& characters, const Text& text, const Box& box) {
    const std::string spanned = markup(characters, text.strikethrough, box.lineHeight);
    const std::string font = fontDescription(text, box.size);
    const std::lock_guard guard(pangoLock());
    VipsImage* out = nullptr;
    if (vips_text(&out, spanned.c_str(), "font", font.c_str(), "dpi", resolution(), "align",
                  alignOf(text.align), "width", box.width.value_or(0), "wrap",
                  VIPS_TEXT_WRAP_WORD_CHAR, static_cast<void*>(nullptr)) != 0) {
        return {};
    }
    const Image lazy(out);
    return Image(vips_image_copy_memory(lazy.get()));
}

std::vector<std::string> linesOf(const std::string& characters) {
    std::vector<std::string> lines(1);
    for (char byte : characters) {
        if (byte == '\n') {
            lines.emplace_back();
        } else {
            lines.back() += byte;
        }
    }
    return lines;
}

struct Extent {
    double width = 0, height = 0;
};

// An upper bound of the text's height: two consecutive wrapped lines fill at least
// one width together.
std::optional<Extent> measured(const Text& text, const Box& box) {
    Box small;
    small.size = int(std::min<double>(measuringSize, box.size));
    small.lineHeight = int(std::ceil(defaultLineHeight * small.size));
    const double scale = double(box.size) / small.size;
    Extent extent;
    for (const std::string& line : linesOf(text.characters)) {
        double rows = 1;
        if (!isBlank(line)) {
            const Image mask = drawn(line, text, small);
            if (!mask) {
                return std::nullopt;
            }
            const double width = mask.width() * scale;
            if (box.width && width > *box.width) {
                const auto characters = double(g_utf8_strlen(line.data(), gssize(line.size())));
                rows = std::min(std::ceil(2 * width / *box.width), characters);
            }
            extent.width = std::max(extent.width, width);
            // Stacked accents reach beyond their line.
            extent.height += std::max(0.0, mask.height() * scale - box.lineHeight);
        }
        extent.height += rows * box.lineHeight;
    }
    extent.width = box.width ? *box.width : extent.width;
    return extent;
}

bool fits(double width, double height, const Box& box, std::uint64_t maxPixels) {
    const double fullWidth = width + box.padding[1] + box.padding[3];
    const double fullHeight = height + box.padding[0] + box.padding[2];
    return fullWidth <= maxTextSide && fullHeight <= maxTextSide &&
           fullWidth * fullHeight <= double(maxPixels);
}

// The height of all lines; the position of the last one with ink gives their number.
int linesHeight(const Image& ink, const Text& text, const Box& box) {
    const double lines =
        1 + double(std::count(text.characters.begin(), text.characters.end(), '\n'));
    const double bottom = ink.get()->Yoffset + double(ink.height());
    const double beyondMiddle = bottom - box.lineHeight / 2.0 - maxDescent * box.size;
    const double rows = std::max({1.0, std::ceil(beyondMiddle / box.lineHeight) + 1, lines});
    return int(rows) * box.lineHeight;
}

// Turns one band of opacity into the text's colour on its background.
Image coloured(const Image& mask, const Text& text) {
    const Paint letters = paintOf(text.colour);
    const Paint below = paintOf(text.background.value_or(Colour{0, 0, 0, 0}));
    return mapLines(mask, 4, [=](const Line<VipsPel>& line) {
        VipsPel* out = line.out;
        for (int x = 0; x < line.width; ++x, out += 4) {
            Paint top = letters;
            top.alpha *= line.in[x] / 255.0;
            writePaint(over(top, below), out, 4);
        }
    });
}

// The ink at its position within the padding.
Image padded(const Image& ink, int width, int height, const Box& box) {
    const int left = box.padding[3] + (box.width ? ink.get()->Xoffset : 0);
    const int top = box.padding[0] + ink.get()->Yoffset;
    return apply(vips_embed, ink, left, top, width + box.padding[1] + box.padding[3],
                 height + box.padding[0] + box.padding[2]);
}

TextResult blank(const Text& text, const Box& box) {
    const int width = box.width.value_or(1) + box.padding[1] + box.padding[3];
    const int height = box.lineHeight + box.padding[0] + box.padding[2];
    VipsImage* out = nullptr;
    if (vips_black(&out, width, height, static_cast<void*>(nullptr)) != 0) {
        return {};
    }
    return {coloured(Image(out), text), TextProblem::failed};
}

}  // namespace

TextResult renderText(const Text& text, const ImageSizes& sizes, std::uint64_t maxPixels) {
    const auto box = boxOf(text, sizes);
    if (!box) {
        return {{}, TextProblem::badSize};
    }
    if (!isText(text.characters)) {
        return {{}, TextProblem::failed};
    }
    const auto feeds = std::count(text.characters.begin(), text.characters.end(), '\n');
    if (text.characters.size() > maxTextLength || std::size_t(feeds) >= maxLines) {
        return {{}, TextProblem::tooLarge};
    }
    if (isBlank(text.characters)) {
        return fits(box->width.value_or(1), box->lineHeight, *box, maxPixels)
                   ? blank(text, *box)
                   : TextResult{{}, TextProblem::tooLarge};
    }
    const auto extent = measured(text, *box);
    if (!extent) {
        return {};
    }
    if (!fits(extent->width, extent->height, *box, maxPixels)) {
        return {{}, TextProblem::tooLarge};
    }
    const Image ink = drawn(text.characters, text, *box);
    if (!ink) {
        return {};
    }
    const int width = box->width.value_or(int(ink.width()));
    const int height = linesHeight(ink, text, *box);
    if (!fits(width, height, *box, maxPixels)) {
        return {{}, TextProblem::tooLarge};
    }
    return {coloured(padded(ink, width, height, *box), text), TextProblem::failed};
}

}  // namespace private_image
