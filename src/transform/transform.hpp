// A requested transformation as a value: the steps that change an image, and the encoding of the
// result. Each dialect is one notation of a Transform. Dialects check the ranges given here when
// they parse; the plan checks what depends on the image.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "transform/expression.hpp"

namespace private_image {

// What an encoder can write. json is a description of the result, not an image.
enum class Format : std::uint8_t { jpeg, png, webp, avif, gif, jxl, json };

// What a decoder can read; determined by the content, never by a name or header.
enum class SourceType : std::uint8_t { jpeg, png, webp, gif, avif, heic, tiff, svg, jxl };

// Longest side that a request can name, in pixels.
inline constexpr double maxSide = 65535;

// A number, or a formula over the image's size if that is not empty. After normalisation, a formula
// without variables is left only if its value is out of range.
struct Quantity {
    double constant = 0;
    Expression formula;
    bool operator==(const Quantity&) const = default;
};

// A side: not given; pixels (1 to 65535); a fraction of the source's side (0 to 1); a formula,
// whose value is pixels, or a fraction if it is at most 1; or automatic: client hints replace it
// before anything is rendered (client_hints).
struct Length {
    enum class Unit : std::uint8_t { none, pixels, fraction, formula, automatic };
    Unit unit = Unit::none;
    double value = 0;  // pixels (already multiplied by the density) or fraction
    Expression formula;
    bool operator==(const Length&) const = default;
};

// The widths that Cloudflare's automatic width chooses from, in pixels, 1 to 65535; empty and 0:
// the defaults (client_hints).
struct AutomaticWidths {
    std::vector<double> breakpoints;  // with a width hint; ascending, each once
    double mobile = 0, desktop = 0;   // without a width hint, by kind of device
    bool operator==(const AutomaticWidths&) const = default;
};

inline constexpr std::size_t maxBreakpoints = 32;

struct Colour {
    std::uint8_t red = 0, green = 0, blue = 0;
    std::uint8_t alpha = 255;
    bool operator==(const Colour&) const = default;
};

// How the source is fitted into the box of width and height. With one side only, the other follows
// the source's ratio and nothing is cut or padded.
enum class Fit : std::uint8_t {
    inside,           // whole image within the box
    insideNoEnlarge,  // the same, never enlarged
    insideNoShrink,   // the same, never shrunk
    outside,          // box covered, nothing cut
    cover,            // box covered, overflow cut
    coverNoEnlarge,   // the same, never enlarged: a smaller source is cut to what overlaps
    coverRatio,       // as cover; a smaller source keeps its size and is cut to the box's ratio
    stretch,          // exactly the box, ratio not kept
    pad,              // inside, then the canvas is extended to the box
    padNoEnlarge,     // insideNoEnlarge, then the canvas is extended to the box
    extract,          // no scaling; the box is cut out
    padExtract,       // no scaling; cut, and padded where the box is larger
};

// Also used if no box is given.
inline constexpr Fit defaultFit = Fit::insideNoEnlarge;

// Which point is kept when cutting, and where the image is placed when padding. x, y: 0 left/top to
// 1 right/bottom: the point at that relative position of the source lands at the same relative
// position of the result. `attention`: the most conspicuous area; it is also used for faces and
// objects, as there is no detector.
struct Gravity {
    enum class Kind : std::uint8_t { point, attention };
    Kind kind = Kind::point;
    double x = 0.5, y = 0.5;
    bool operator==(const Gravity&) const = default;
};

// The part that is cut away before all other operations.
struct Trim {
    enum class Kind : std::uint8_t {
        none,
        sides,  // a length off each side
        box,    // everything except a box
        frame,  // a uniform frame: pixels like `colour`, or like the edge
    };
    Kind kind = Kind::none;
    // sides and box: pixels or fractions. A box without width or height extends to the far edge.
    Length top, right, bottom, left, width, height;
    std::optional<Colour> colour;  // frame
    double tolerance = 0;          // frame: 0 exactly the colour, to 255 anything
    std::uint32_t keep = 0;        // frame: pixels of it that are kept
    bool operator==(const Trim&) const = default;
};

// ---- Effects, in the order in which a step applies them ----

struct Grayscale {
    bool operator==(const Grayscale&) const = default;
};
// The darkest pixel becomes black, the lightest white.
struct StretchContrast {
    bool operator==(const StretchContrast&) const = default;
};
// Factors, 1 changes nothing. brightness, contrast and saturation 0 to 100, gamma 0.01 to 100
// (above 1 lightens).
struct Levels {
    double brightness = 1, contrast = 1, gamma = 1, saturation = 1;
    bool operator==(const Levels&) const = default;
};
// Colours within `tolerance` (0 to 100 percent) of `from` become `to` and keep their shades.
// Without `from`: the dominant colour.
struct ReplaceColour {
    Colour to;
    double tolerance = 35;
    std::optional<Colour> from;
    bool operator==(const ReplaceColour&) const = default;
};
// Tints by a colour. intensity: 0 to 100 percent.
struct Colorize {
    Colour colour{128, 128, 128, 255};
    double intensity = 100;
    bool operator==(const Colorize&) const = default;
};
// 0 to 10; 1 suits photographs after reduction.
struct Sharpen {
    double amount = 1;
    bool operator==(const Sharpen&) const = default;
};
// radius and sigma in pixels (above 0, to 100), amount above 0 to 100, threshold 0 to 1.
struct UnsharpMask {
    double radius = 2, sigma = 2, amount = 0.8, threshold = 0.024;
    bool operator==(const UnsharpMask&) const = default;
};
// Gaussian, pixels, above 0 to 250.
struct Blur {
    double radius = 0;
    bool operator==(const Blur&) const = default;
};
// A linear overlay. degrees: the direction of its end, 0 top, 90 right. `stop`: its length along
// that direction, a fraction up to 1, or pixels.
struct Gradient {
    double degrees = 180;
    Colour from{255, 255, 255, 255}, to{0, 0, 0, 0};
    Quantity stop{1, {}};
    bool operator==(const Gradient&) const = default;
};
using Effect = std::variant<Grayscale, StretchContrast, Levels, ReplaceColour, Colorize, Sharpen,
                            UnsharpMask, Blur, Gradient>;

// Moves the corners to these points (x1 y1 … x4 y4: top left, top right, bottom right, bottom left,
// pixels), or bends the image to an arc.
struct Distort {
    enum class Kind : std::uint8_t { perspective, arc };
    Kind kind = Kind::perspective;
    std::array<Quantity, 8> corners;
    double degrees = 0;  // arc: -360 to 360, not 0
    bool operator==(const Distort&) const = default;
};

// A shadow below opaque pixels. blur 0 to 15, strength 0 to 100, offsets in percent of the size,
// -100 to 100.
struct Shadow {
    double blur = 10, strength = 30, x = 2, y = 2;
    bool operator==(const Shadow&) const = default;
};

// Corner radii in pixels, or the largest possible for all corners.
struct Rounding {
    bool isMaximal = false;
    std::array<double, 4> radii{};  // top left, top right, bottom right, bottom left; 0 to 65535
    bool operator==(const Rounding&) const = default;
};

struct Border {
    Quantity width;  // pixels, on each side; the image grows by it
    Colour colour;
    bool operator==(const Border&) const = default;
};

// The background below transparent pixels and in padding.
struct Background {
    enum class Kind : std::uint8_t { colour, blurred, dominant, gradient };
    Kind kind = Kind::colour;
    Colour colour{0, 0, 0, 255};
    std::optional<double> blur;  // blurred: 0 to 100; empty: depends on the size
    double brightness = 0;       // blurred: -255 to 255 is added
    std::uint8_t shades = 2;     // gradient: 2 or 4 dominant colours
    // The dialect's default for padding, not part of the request: it counts only if something is
    // padded, which is unknown while a side is automatic.
    bool isForPadding = false;
    bool operator==(const Background&) const = default;
};

// ---- Layers ----

struct Text {
    std::string
        characters;  // UTF-8, 2000 characters at most, without control characters except line feeds
    std::optional<Quantity> width;  // pixels; wraps lines
    Quantity size{45, {}};          // pixels
    std::string font;               // a family's name for fontconfig; empty: the default
    Colour colour{0, 0, 0, 255};
    enum class Align : std::uint8_t { left, centre, right } align = Align::centre;
    std::array<Quantity, 4> padding;  // top, right, bottom, left
    bool bold = false, italic = false, strikethrough = false;
    std::optional<Quantity> lineHeight;  // pixels
    std::optional<Colour> background;
    bool operator==(const Text&) const = default;
};

struct Step;

// Something drawn over the result of its step.
struct Layer {
    enum class Kind : std::uint8_t { image, text, block };
    Kind kind = Kind::image;
    std::string path;        // image: decoded, with a leading slash; fetched from the same origin
    std::uint32_t page = 0;  // image: its page or frame, from 0
    Text text;               // text
    Quantity width, height;  // block: its size in pixels; 0: the parent's
    Colour colour{0, 0, 0, 0};  // block: its fill
    // Applied to the layer alone, before it is drawn; may contain layers, three levels in total.
    std::vector<Step> steps;
    double opacity = 1;  // 0 to 1

    // Position: an offset of `anchor` (of the layer) from the left and top, negative ones from the
    // right and bottom; without one, by gravity. An offset of 0 has no sign, so two flags say which
    // side it counts from.
    Gravity gravity;
    std::optional<Quantity> x, y;
    bool isAtRight = false, isAtBottom = false;  // an offset of 0 that counts from there
    enum class Anchor : std::uint8_t {
        topLeft,
        top,
        topRight,
        left,
        centre,
        right,
        bottomLeft,
        bottom,
        bottomRight
    } anchor = Anchor::topLeft;
    enum class Mode : std::uint8_t {
        over,
        multiply,
        displace,  // the layer's red and green move the pixels below
        cutout,    // the layer's shape is cut out of the image
        cutter,    // the image is kept only in the layer's shape
    } mode = Mode::over;
    bool operator==(const Layer&) const;
};

// ---- Conditions ----

struct Condition {
    enum class Relation : std::uint8_t { equal, unequal, greater, greaterEqual, less, lessEqual };
    struct Test {
        Variable property = Variable::currentWidth;
        Relation relation = Relation::equal;
        double value = 0;
        bool operator==(const Test&) const = default;
    };
    std::vector<std::vector<Test>> anyOf;  // true if all tests of one of the lists are
    bool operator==(const Condition&) const = default;
};

// ---- The result ----

enum class Metadata : std::uint8_t { none, copyright, keep };

// Whether a JPEG or PNG is written in passes of growing detail. bySize: a JPEG is, except below 50
// pixels on both sides or above 3000 on one, where passes cost more than they save.
enum class Progressive : std::uint8_t { never, always, bySize };

// How the request named the result's format.
enum class FormatChoice : std::uint8_t { unnamed, automatic, source, named };

// Of a density tag in the result: dots per inch.
inline constexpr double maxDotsPerInch = 1200;

struct Watermark;

// What one step changes for the whole result; empty members change nothing. A step that is reached
// overrides earlier ones, so a branch can have a format of its own.
struct ResultChange {
    FormatChoice formatChoice = FormatChoice::unnamed;
    Format format = Format::jpeg;  // when named
    std::optional<std::uint8_t> quality, slowQuality;
    std::optional<bool> lossless, keepsProfile;
    std::optional<Progressive> progressive;
    bool isFast = false, palette = false;
    std::optional<std::uint16_t> density;
    Expression densityFormula;  // replaces density: its value, 1 to 1200, is rounded
    std::optional<Metadata> metadata;
    std::vector<const Watermark*> watermarks;  // added to the others; not owned
    bool operator==(const ResultChange&) const = default;
};

// ---- Steps ----

// One step. Within it the order is fixed: trim, flip, turn, size (cut and padding), rotation,
// effects, layers, border, rounding, distortion, opacity, shadow, background.
// Or a choice: if `condition` is not empty, `then` is done if it holds, `otherwise` if not, and all
// other members are ignored.
struct Step {
    Trim trim;
    bool flipsHorizontally = false, flipsVertically = false;
    std::uint8_t quarterTurns = 0;  // clockwise, 0 to 3; width and height are those after turning
    Length width, height;
    AutomaticWidths automaticWidths;      // for an automatic width
    std::optional<Quantity> aspectRatio;  // width / height; completes a single side
    double density = 1;  // multiplies pixel widths and heights that are known only later (formulas)
    Expression densityFormula;         // a further density, 0.1 to 5; also multiplies pixels
    bool hasAutomaticDensity = false;  // multiplied by the screen's density too (client_hints)
    Fit fit = defaultFit;
    Gravity gravity;
    std::optional<Quantity> x, y;              // extract: the cut's top left corner
    std::optional<Quantity> centreX, centreY;  // extract: its centre
    double rotation = 0;                       // clockwise degrees, -360 to 360
    std::vector<Effect> effects;               // in the order of Effect, each kind once
    std::vector<Layer> layers;
    std::optional<Border> border;
    std::optional<Rounding> rounding;
    std::optional<Distort> distort;
    double opacity = 1;  // 0 to 1
    std::optional<Shadow> shadow;
    std::optional<Background> background;
    ResultChange result;  // only in the image's own steps, never in a layer's

    std::optional<Condition> condition;
    std::vector<Step> then, otherwise;
    bool operator==(const Step&) const;
};

// True if a normalised step does nothing.
bool isIdle(const Step& step);

// private_image_watermark: an overlay that only variants can use.
struct Watermark {
    std::string name;
    std::string bytes;   // the file, checked when the configuration was read
    std::string digest;  // hex digest of bytes and settings; part of every key and entity tag
    Gravity gravity{Gravity::Kind::point, 1, 1};
    double opacity = 1;        // 0 to 1
    double scale = 0;          // share of the result's width, 0 to 1; 0: the watermark's own size
    std::uint32_t margin = 0;  // pixels from the sides
    bool tile = false;
};

// How to encode the result, as far as the request names it.
struct Encoding {
    std::optional<std::uint8_t> quality;      // 1 to 100; empty: the location's quality
    std::optional<std::uint8_t> slowQuality;  // replaces quality on slow connections (client_hints)
    bool lossless = false;                    // webp, png, jxl, avif
    std::optional<Progressive> progressive;   // jpeg, png; empty: never
    bool isFast = false;                      // less effort, larger
    bool palette = false;                     // png: 256 colours
    bool keepsProfile = false;                // the source's colour profile instead of sRGB
    std::optional<std::uint16_t> density;     // dots per inch, 1 to 1200
    bool operator==(const Encoding&) const = default;
};

// Which pages or frames of the source to use, from 0.
struct Pages {
    std::uint32_t first = 0;
    std::optional<std::uint32_t> count;  // empty: all after `first`
    bool operator==(const Pages&) const = default;
};

struct Transform {
    std::vector<Step> steps;
    FormatChoice formatChoice = FormatChoice::unnamed;
    Format format = Format::jpeg;  // when named
    Encoding encoding;
    Metadata metadata = Metadata::none;
    std::optional<Pages> pages;
    bool isStill = false;                      // only the first frame of an animation
    std::string defaultImage;                  // path to fetch if the original is missing; or empty
    bool redirectsOnError = false;             // to the source, if rendering fails
    std::vector<const Watermark*> watermarks;  // not owned; they live as long as the configuration

    bool operator==(const Transform&) const = default;
};

// Every step, also those of branches and layers, in the order in which they are written.
template <typename Steps, typename Visit>
void forEachStep(Steps& steps, const Visit& visit) {
    for (auto& step : steps) {
        visit(step);
        forEachStep(step.then, visit);
        forEachStep(step.otherwise, visit);
        for (auto& layer : step.layers) {
            forEachStep(layer.steps, visit);
        }
    }
}

// Overrides members of the transform by those of the change that are not empty.
void apply(const ResultChange& change, Transform& transform);

// A stored transform's result as a change, without its metadata: a request that names a stored
// transform among others must not keep more metadata than it names itself.
ResultChange changeFrom(const Transform& stored);

bool hasResultChange(const std::vector<Step>& steps);

// Whether Accept chooses the result's format, or that of a branch.
bool isNegotiated(const Transform& transform);

// True if the source may replace the result: no layer or watermark is missing then, and the result
// is an image.
bool mayDeliverSource(const Transform& transform);

// Also drops it in branches: metadata may reveal where a private image was taken.
void dropMetadata(std::vector<Step>& steps);
void dropMetadata(Transform& transform);

// The image layers whose bytes must be fetched, always in the same order: depth first, as written,
// in both branches of every choice.
std::vector<const Layer*> imageLayers(const Transform& transform);

}  // namespace private_image
