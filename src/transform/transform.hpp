// What is to be done to an image: steps, and how the result is encoded. A value; knows no text.
// Each dialect only spells it. Bounds that a stranger controls are checked by the dialects when
// they parse, so a Transform that exists is within the ranges given here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace private_image {

// What an encoder can write.
enum class Format : std::uint8_t { jpeg, png, webp, avif, gif, jxl };

// What a decoder can read, told by content.
enum class SourceType : std::uint8_t { jpeg, png, webp, gif, avif, heic, tiff, svg, jxl };

// Longest side that can be asked for, in pixels.
inline constexpr double longestSide = 65535;

// A side: not given, pixels (1 to 65535, after dpr), or a fraction of the source's side (0 to 1).
struct Length {
    enum class Unit : std::uint8_t { none, pixels, fraction };
    Unit unit = Unit::none;
    double value = 0;
    bool operator==(const Length&) const = default;
};

struct Colour {
    std::uint8_t red = 0, green = 0, blue = 0;
    std::uint8_t alpha = 255;
    bool operator==(const Colour&) const = default;
};

// How the source meets the box of width and height. With one side only, the other follows the
// source's ratio and nothing is cut or padded.
enum class Fit : std::uint8_t {
    inside,           // whole image within the box
    insideNoEnlarge,  // the same, never enlarged
    insideNoShrink,   // the same, never shrunk
    outside,          // box wholly covered, nothing cut
    cover,            // box wholly covered, overflow cut
    coverNoEnlarge,   // the same, never enlarged: a smaller source is cut to what overlaps
    coverRatio,       // as cover; a smaller source keeps its size and is cut to the box's ratio
    stretch,          // exactly the box, ratio not kept
    pad,              // inside, then the canvas is extended to the box
    padNoEnlarge,     // insideNoEnlarge, then the canvas is extended to the box
    extract,          // no scaling; the box is cut out
    padExtract,       // no scaling; cut, and padded where the box is larger
};

// Which point is kept when cutting, and where the image sits when padding. x, y: 0 left/top to
// 1 right/bottom: the point at that relative position of the source lands at the same relative
// position of the result.
struct Gravity {
    enum class Kind : std::uint8_t { point, attention };
    Kind kind = Kind::point;
    double x = 0.5, y = 0.5;
    bool operator==(const Gravity&) const = default;
};

// An image laid over the result of its step.
struct Layer {
    std::string path;  // decoded, with leading slash; fetched from the same origin
    Length width,
        height;       // its own size, ratio kept if one is missing; box if both (insideNoEnlarge)
    Gravity gravity;  // point only; used where no offset is given
    std::optional<std::int32_t> x, y;  // pixels from the left/top, negative: from the right/bottom
    bool operator==(const Layer&) const = default;
};

// One step. Within it the order is fixed: resize/cut/pad, sharpen, blur, background, layers.
struct Step {
    Length width, height;
    std::optional<double> aspectRatio;  // width / height; completes a single side
    Fit fit = Fit::insideNoEnlarge;
    Gravity gravity;
    std::optional<std::int32_t> x, y;  // extract: the cut's top left corner
    std::optional<Colour> background;  // under transparency and in padding
    double blur = 0;                   // 0 none, to 250
    double sharpen = 0;                // 0 none, to 10
    std::vector<Layer> layers;
    bool operator==(const Step&) const = default;
};

enum class Metadata : std::uint8_t { none, copyright, keep };

// private_image_watermark: an overlay that only variants can ask for.
struct Watermark {
    std::string name;
    std::string bytes;   // the file, checked when the configuration was read
    std::string digest;  // hex digest of bytes and settings; part of every key and entity tag
    Gravity gravity{Gravity::Kind::point, 1, 1};
    double opacity = 1;        // 0 to 1
    double scale = 0;          // share of the result's width it takes, 0 to 1; 0: its own size
    std::uint32_t margin = 0;  // pixels from the sides
    bool tile = false;
};

struct Transform {
    std::vector<Step> steps;
    // How the request named the result's format.
    enum class FormatChoice : std::uint8_t { unnamed, automatic, source, named };
    FormatChoice formatChoice = FormatChoice::unnamed;
    Format format = Format::jpeg;         // when named
    std::optional<std::uint8_t> quality;  // 1 to 100; empty: the location's
    Metadata metadata = Metadata::none;
    std::string defaultImage;  // path fetched where the original is missing; or empty
    std::vector<const Watermark*> watermarks;  // not owned: live as long as the configuration

    bool operator==(const Transform&) const = default;
};

}  // namespace private_image
