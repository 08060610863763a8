// ImageKit's URLs and transformation chains. The signature, which covers the raw request target, is
// read elsewhere; so is everything about HTTP.
#include "dialect/imagekit.hpp"

#include <algorithm>
#include <array>
#include <bitset>
#include <cmath>
#include <utility>
#include <vector>

#include "base/encoding.hpp"
#include "transform/canonical.hpp"
#include "transform/colour.hpp"

namespace private_image::imagekit {

namespace {

constexpr std::size_t mostSteps = 16;
constexpr std::size_t mostItems = 64;
constexpr std::size_t longestFilename = 255;
constexpr double smallestDpr = 0.1;
constexpr double largestDpr = 5;
constexpr double largestSideByDpr = 5000;
constexpr Colour black{0, 0, 0, 255};

constexpr std::string_view chainPrefix = "tr:";

// What goes wrong while a chain is read: the mistake's text, empty if there is none.
using Mistake = std::string;

enum class Key : std::uint8_t {
    width,
    height,
    aspectRatio,
    crop,
    cropMode,
    focus,
    x,
    y,
    dpr,
    quality,
    format,
    background,
    blur,
    original,
    name,
    defaultImage,
    layerInput,
    layerEncodedInput,
    layerX,
    layerY,
    layerFocus,
};
constexpr std::size_t keyCount = 21;

struct KeySpelling {
    Key key;
    std::string_view name;
    std::string_view expected;  // completes "must be"
};

constexpr std::string_view sideExpected = "a whole number of pixels or a fraction below 1";
constexpr std::string_view offsetExpected = "a whole number, N before it if negative";
constexpr std::string_view pathExpected = "a path with @@ for each slash";

constexpr auto stepKeys = std::to_array<KeySpelling>({
    {Key::width, "w", sideExpected},
    {Key::height, "h", sideExpected},
    {Key::aspectRatio, "ar", "a ratio such as 4-3 or 1.33"},
    {Key::crop, "c",
     "maintain_ratio, force, at_max, at_max_enlarge, at_least or maintain_ratio_no_enlarge"},
    {Key::cropMode, "cm",
     "pad_resize, extract, pad_extract, pad_resize_no_enlarge or pad_extract_no_shrink"},
    {Key::focus, "fo", "center, a side, a corner such as top_left, or auto"},
    {Key::x, "x", offsetExpected},
    {Key::y, "y", offsetExpected},
    {Key::dpr, "dpr", "a number from 0.1 to 5"},
    {Key::quality, "q", "a whole number from 1 to 100"},
    {Key::format, "f", "auto, jpg, jpeg, png, webp, avif, gif or orig"},
    {Key::background, "bg", "RRGGBB, RRGGBBAA or a colour's name"},
    {Key::blur, "bl", "a whole number from 1 to 100"},
    {Key::original, "orig", "true"},
    {Key::name, "n", "a variant's name"},
    {Key::defaultImage, "di", pathExpected},
});

constexpr auto layerKeys = std::to_array<KeySpelling>({
    {Key::layerInput, "i", pathExpected},
    {Key::layerEncodedInput, "ie", "a path in base64"},
    {Key::width, "w", sideExpected},
    {Key::height, "h", sideExpected},
    {Key::layerX, "lx", offsetExpected},
    {Key::layerY, "ly", offsetExpected},
    {Key::layerFocus, "lfo", "center, a side or a corner such as top_left"},
});

// Those of ImageKit's that this module does not have, or not inside a layer, so that it can say so.
constexpr auto unsupportedKeys = std::to_array<std::string_view>({
    "al", "ar", "b",  "bg", "bl",  "c",  "cm", "co", "cp",  "cr",  "dn", "dpr", "e",    "ff",
    "fl", "fo", "fs", "ia", "lap", "lh", "lm", "lo", "lxc", "lyc", "md", "o",   "orig", "pa",
    "pg", "pr", "q",  "r",  "rt",  "t",  "tg", "x",  "xc",  "y",   "yc", "z",
});

// ---- Values ----

template <typename Target, typename Value>
bool assign(Target& target, const std::optional<Value>& value) {
    if (value) {
        target = *value;
    }
    return value.has_value();
}

bool isAllDigits(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// Above 65535 ImageKit ignores the key: a Length of no unit.
std::optional<Length> sideFrom(std::string_view text) {
    if (isAllDigits(text)) {
        const auto pixels = parseUnsigned(text, static_cast<std::uint64_t>(longestSide));
        if (!pixels) {
            return Length{};
        }
        return *pixels > 0
                   ? std::optional(Length{Length::Unit::pixels, static_cast<double>(*pixels)})
                   : std::nullopt;
    }
    const auto fraction = parseDecimal(text);
    return fraction && *fraction > 0 && *fraction < 1
               ? std::optional(Length{Length::Unit::fraction, *fraction})
               : std::nullopt;
}

// "4-3", "4_3" or "1.33"
std::optional<double> ratioFrom(std::string_view text) {
    const auto separator = text.find_first_of("-_");
    const auto width = parseDecimal(text.substr(0, separator));
    const auto height = separator == std::string_view::npos
                            ? std::optional(1.0)
                            : parseDecimal(text.substr(separator + 1));
    if (!width || !height || *height == 0) {
        return std::nullopt;
    }
    const double ratio = *width / *height;
    return ratio >= 1 / longestSide && ratio <= longestSide ? std::optional(ratio) : std::nullopt;
}

// "40", or "N40" for minus forty
std::optional<std::int32_t> offsetFrom(std::string_view text) {
    const bool isNegative = text.starts_with('N');
    const auto number =
        parseUnsigned(text.substr(isNegative ? 1 : 0), static_cast<std::uint64_t>(longestSide));
    if (!number) {
        return std::nullopt;
    }
    const auto offset = static_cast<std::int32_t>(*number);
    return isNegative ? -offset : offset;
}

template <std::size_t size>
std::optional<Fit> fitFrom(const std::array<std::pair<std::string_view, Fit>, size>& fits,
                           std::string_view text) {
    const auto found = std::ranges::find(fits, text, &std::pair<std::string_view, Fit>::first);
    return found == fits.end() ? std::nullopt : std::optional(found->second);
}

constexpr std::array<std::pair<std::string_view, Fit>, 6> crops = {{
    {"maintain_ratio", Fit::cover},
    {"force", Fit::stretch},
    {"at_max", Fit::insideNoEnlarge},
    {"at_max_enlarge", Fit::inside},
    {"at_least", Fit::outside},
    {"maintain_ratio_no_enlarge", Fit::coverNoEnlarge},
}};

constexpr std::array<std::pair<std::string_view, Fit>, 5> cropModes = {{
    {"pad_resize", Fit::pad},
    {"extract", Fit::extract},
    {"pad_extract", Fit::padExtract},
    {"pad_resize_no_enlarge", Fit::padNoEnlarge},
    {"pad_extract_no_shrink", Fit::padExtract},
}};

// One of the nine places.
std::optional<Gravity> placeFrom(std::string_view text) {
    constexpr std::array<std::pair<std::string_view, Gravity>, 9> places = {{
        {"center", {Gravity::Kind::point, 0.5, 0.5}},
        {"top", {Gravity::Kind::point, 0.5, 0}},
        {"left", {Gravity::Kind::point, 0, 0.5}},
        {"bottom", {Gravity::Kind::point, 0.5, 1}},
        {"right", {Gravity::Kind::point, 1, 0.5}},
        {"top_left", {Gravity::Kind::point, 0, 0}},
        {"top_right", {Gravity::Kind::point, 1, 0}},
        {"bottom_left", {Gravity::Kind::point, 0, 1}},
        {"bottom_right", {Gravity::Kind::point, 1, 1}},
    }};
    const auto found =
        std::ranges::find(places, text, &std::pair<std::string_view, Gravity>::first);
    return found == places.end() ? std::nullopt : std::optional(found->second);
}

std::optional<Gravity> focusFrom(std::string_view text) {
    return text == "auto" ? std::optional(Gravity{Gravity::Kind::attention}) : placeFrom(text);
}

// Of a layer or a default image: fetched from the same origin, so held to the same rules.
// NGINX never normalises these paths, so an empty segment is refused: a map that decides by path
// would not know "//members" for what it is.
std::optional<std::string> checkedPath(std::string path) {
    if (!path.starts_with('/')) {
        path.insert(path.begin(), '/');
    }
    return path.find("//") == path.npos && pathMistake(path).empty()
               ? std::optional(std::move(path))
               : std::nullopt;
}

std::optional<std::string> pathFrom(std::string_view text) {
    std::string path(text);
    for (auto at = path.find("@@"); at != std::string::npos; at = path.find("@@", at + 1)) {
        path.replace(at, 2, "/");
    }
    return checkedPath(std::move(path));
}

std::optional<std::string> encodedPathFrom(std::string_view text) {
    auto path = base64Decode(text);
    return path && !path->empty() ? checkedPath(std::move(*path)) : std::nullopt;
}

// ---- Items ----

struct Item {
    std::string_view text;
    std::string_view key;                   // before the first dash
    std::optional<std::string_view> value;  // behind it
    bool opensStep = false;                 // a colon stood before it

    // Numbers are written with digits, a point and N; letters mean "auto" or an expression.
    bool hasExpression() const {
        return value && value->find_first_of("abcdefghijklmnopqrstuvwxyz") != value->npos;
    }
};

Item itemFrom(std::string_view text, bool opensStep) {
    const auto dash = text.find('-');
    Item item{text, text.substr(0, dash), std::nullopt, opensStep};
    if (dash != std::string_view::npos) {
        item.value = text.substr(dash + 1);
    }
    return item;
}

Mistake unsupported(std::string_view name) {
    return "option " + inQuotes(name) + " is not supported";
}

Mistake unknownKey(const Item& item) {
    if (item.key == "e" || item.key == "l" || item.key == "if") {
        return unsupported(item.text);
    }
    if (std::ranges::find(unsupportedKeys, item.key) != unsupportedKeys.end()) {
        return unsupported(item.key);
    }
    return "unknown option " + inQuotes(item.key);
}

bool takesNumber(Key key) {
    return key == Key::width || key == Key::height || key == Key::aspectRatio || key == Key::x ||
           key == Key::y || key == Key::dpr || key == Key::layerX || key == Key::layerY;
}

Mistake badValue(const KeySpelling& spelling, const Item& item) {
    if (takesNumber(spelling.key) && item.hasExpression()) {
        return "option " + inQuotes(item.text) + ": expressions are not supported";
    }
    return "option " + inQuotes(spelling.name) + " must be " + std::string(spelling.expected) +
           ", not " + inQuotes(*item.value);
}

// Each key of a step, or of a layer, once.
class KeysSeen {
public:
    // True the first time.
    bool add(Key key) {
        const auto index = static_cast<std::size_t>(key);
        const bool isNew = !seen_.test(index);
        seen_.set(index);
        return isNew;
    }

private:
    std::bitset<keyCount> seen_;
};

template <std::size_t size>
const KeySpelling* spellingOf(const std::array<KeySpelling, size>& keys, std::string_view name) {
    const auto found = std::ranges::find(keys, name, &KeySpelling::name);
    return found == keys.end() ? nullptr : &*found;
}

// What is common to the items of steps and layers: a known key with a value, once. `spelling`:
// null if the key is not known there.
Mistake itemMistake(const Item& item, const KeySpelling* spelling, KeysSeen& seen) {
    if (spelling == nullptr) {
        return unknownKey(item);
    }
    if (!item.value || item.value->empty()) {
        return "option " + inQuotes(item.key) + " needs a value";
    }
    // Names may stand side by side: each is a chain of its own.
    if (!seen.add(spelling->key) && spelling->key != Key::name) {
        return "option " + inQuotes(item.key) + " is given twice";
    }
    return {};
}

// ---- Layers ----

// What stands between "l-image" and "l-end".
class LayerReader {
public:
    Mistake readItem(const Item& item) {
        const KeySpelling* spelling = spellingOf(layerKeys, item.key);
        Mistake mistake = itemMistake(item, spelling, seen_);
        if (!mistake.empty()) {
            return mistake;
        }
        if (spelling->key == Key::layerInput && *item.value == "ik_canvas") {
            return unsupported(item.text);
        }
        return assignValue(spelling->key, *item.value) ? Mistake() : badValue(*spelling, item);
    }

    // ImageKit lets the encoded input win where both are given.
    std::optional<Layer> layer() {
        layer_.path = encodedPath_.empty() ? std::move(plainPath_) : std::move(encodedPath_);
        return layer_.path.empty() ? std::nullopt : std::optional(std::move(layer_));
    }

private:
    bool assignValue(Key key, std::string_view value) {
        switch (key) {
            case Key::layerInput:
                return assign(plainPath_, pathFrom(value));
            case Key::layerEncodedInput:
                return assign(encodedPath_, encodedPathFrom(value));
            case Key::width:
                return assign(layer_.width, sideFrom(value));
            case Key::height:
                return assign(layer_.height, sideFrom(value));
            case Key::layerX:
                return assign(layer_.x, offsetFrom(value));
            case Key::layerY:
                return assign(layer_.y, offsetFrom(value));
            case Key::layerFocus:
                return assign(layer_.gravity, placeFrom(value));
            default:
                return false;  // in no layer's table
        }
    }

    Layer layer_;
    std::string plainPath_;
    std::string encodedPath_;
    KeysSeen seen_;
};

// ---- Steps ----

// Collects one step's own keys; what they mean depends on each other, so it is settled at the end.
class StepReader {
public:
    // The keys of a step itself, not those that concern the whole result.
    bool assignValue(Key key, std::string_view value) {
        switch (key) {
            case Key::width:
                return assign(step_.width, sideFrom(value));
            case Key::height:
                return assign(step_.height, sideFrom(value));
            case Key::aspectRatio:
                return assign(step_.aspectRatio, ratioFrom(value));
            case Key::crop:
                return assign(crop_, fitFrom(crops, value));
            case Key::cropMode:
                return assign(cropMode_, fitFrom(cropModes, value));
            case Key::focus:
                return assign(step_.gravity, focusFrom(value));
            case Key::x:
                return assign(step_.x, offsetFrom(value));
            case Key::y:
                return assign(step_.y, offsetFrom(value));
            case Key::dpr:
                return assign(dpr_, parseDecimal(value)) && dpr_ >= smallestDpr &&
                       dpr_ <= largestDpr;
            case Key::background:
                return assign(step_.background, imagekitColour(value));
            case Key::blur:
                return assign(step_.blur, parseUnsigned(value, 100)) && step_.blur >= 1;
            default:
                return false;  // in no step's table, or the chain's own
        }
    }

    void addLayer(Layer layer) { step_.layers.push_back(std::move(layer)); }

    Mistake finish() {
        // Where both are given, the mode decides: unpic always adds a "c".
        step_.fit = cropMode_.value_or(crop_.value_or(Fit::cover));
        if (step_.aspectRatio && !hasWidth() && !hasHeight()) {
            return "option \"ar\" needs \"w\" or \"h\"";
        }
        if (hasWidth() && hasHeight()) {
            step_.aspectRatio.reset();
        }
        if (step_.fit == Fit::extract && (step_.x.value_or(0) < 0 || step_.y.value_or(0) < 0)) {
            return "options \"x\" and \"y\" of \"cm-extract\" must not be negative";
        }
        applyDpr();
        if (mayPad(step_) && !step_.background) {
            step_.background = black;
        }
        dropIdleParts(step_);
        return {};
    }

    Step& step() { return step_; }

private:
    bool hasWidth() const { return step_.width.unit != Length::Unit::none; }
    bool hasHeight() const { return step_.height.unit != Length::Unit::none; }

    // Ignored for both sides where one would leave the range; a fraction of the source has no
    // pixels to multiply.
    void applyDpr() {
        const auto scaled = [this](Length side) {
            if (side.unit == Length::Unit::pixels) {
                side.value = std::round(side.value * dpr_);
            }
            return side;
        };
        const auto isInRange = [](const Length& side) {
            return side.unit != Length::Unit::pixels ||
                   (side.value >= 1 && side.value <= largestSideByDpr);
        };
        const Length width = scaled(step_.width);
        const Length height = scaled(step_.height);
        if (isInRange(width) && isInRange(height)) {
            step_.width = width;
            step_.height = height;
        }
    }

    Step step_;
    std::optional<Fit> crop_;
    std::optional<Fit> cropMode_;
    double dpr_ = 1;
};

// ---- Chains ----

struct Chain {
    Transform transform;
    bool isOriginal = false;         // orig-true stood somewhere
    const Variant* alone = nullptr;  // the chain is this name and nothing else
};

// Reads a whole chain. Mistakes in what is written come before names that nobody defined.
class ChainReader {
public:
    explicit ChainReader(const Variants& variants) : variants_(variants) {}

    Result<Chain, ParseError> read(std::string_view text) {
        Mistake mistake = readItems(text);
        if (mistake.empty()) {
            mistake = finishChain();
        }
        if (!mistake.empty()) {
            return Failed{ParseError{Reason::badOptions, std::move(mistake)}};
        }
        if (!unknownName_.empty()) {
            return Failed{
                ParseError{Reason::unknownVariant, "unknown variant " + inQuotes(unknownName_)}};
        }
        return std::move(chain_);
    }

private:
    Mistake readItems(std::string_view rest) {
        for (bool opensStep = false;;) {
            if (++itemCount_ > mostItems) {
                return "more than " + std::to_string(mostItems) + " items";
            }
            const auto end = rest.find_first_of(",:");
            Mistake mistake = readItem(itemFrom(rest.substr(0, end), opensStep));
            if (!mistake.empty() || end == std::string_view::npos) {
                return mistake;
            }
            opensStep = rest[end] == ':';
            rest.remove_prefix(end + 1);
        }
    }

    Mistake readItem(const Item& item) {
        if (item.text.empty()) {
            return "empty item in the transformation";
        }
        if (layer_) {
            return readLayerItem(item);
        }
        if (item.opensStep) {
            Mistake mistake = finishStep();
            if (!mistake.empty()) {
                return mistake;
            }
        }
        if (item.text == "l-image") {
            layer_.emplace();
            return {};
        }
        return readStepItem(item);
    }

    Mistake readLayerItem(const Item& item) {
        if (item.opensStep) {
            return "a chain inside a layer is not supported";
        }
        if (item.text != "l-end") {
            return layer_->readItem(item);
        }
        auto layer = layer_->layer();
        if (!layer) {
            return "a layer needs \"i\" or \"ie\"";
        }
        step_.addLayer(std::move(*layer));
        layer_.reset();
        return {};
    }

    Mistake readStepItem(const Item& item) {
        const KeySpelling* spelling = spellingOf(stepKeys, item.key);
        Mistake mistake = itemMistake(item, spelling, seen_);
        if (!mistake.empty()) {
            return mistake;
        }
        if (spelling->key == Key::name) {
            return readName(*item.value);
        }
        const bool isAssigned = assignResultValue(spelling->key, *item.value) ||
                                step_.assignValue(spelling->key, *item.value);
        return isAssigned ? Mistake() : badValue(*spelling, item);
    }

    // The keys that concern the whole result, in whichever step they stand.
    bool assignResultValue(Key key, std::string_view value) {
        switch (key) {
            case Key::quality:
                return assignQuality(value);
            case Key::format:
                return assignFormat(value);
            case Key::original:
                chain_.isOriginal = value == "true" || chain_.isOriginal;
                return value == "true";
            case Key::defaultImage:
                return assign(own_.defaultImage, pathFrom(value));
            default:
                return false;
        }
    }

    bool assignQuality(std::string_view value) {
        const auto number = parseUnsigned(value, 100);
        if (!number || *number == 0) {
            return false;
        }
        own_.quality = static_cast<std::uint8_t>(*number);
        return true;
    }

    bool assignFormat(std::string_view value) {
        if (value == "auto" || value == "orig") {
            own_.formatChoice = value == "auto" ? Transform::FormatChoice::automatic
                                                : Transform::FormatChoice::source;
            own_.format = Transform{}.format;
            return true;
        }
        own_.formatChoice = Transform::FormatChoice::named;
        return value != "jxl" && assign(own_.format, formatFromName(value));
    }

    // Its steps go before the own ones of the step that names it.
    Mistake readName(std::string_view name) {
        const auto found = variants_.find(name);
        if (found == variants_.end()) {
            unknownName_ = unknownName_.empty() ? name : unknownName_;
            return {};
        }
        const Variant& variant = found->second;
        chain_.alone = &variant;
        namesOriginal_ = namesOriginal_ || variant.isOriginal;
        const Transform& stored = variant.transform;
        for (const Step& step : stored.steps) {
            Mistake mistake = addStep(step);
            if (!mistake.empty()) {
                return mistake;
            }
        }
        addWatermarks(stored);
        takeResultOf(stored, chain_.transform);
        return {};
    }

    // One mark is enough, however often a chain names those who bring it.
    void addWatermarks(const Transform& stored) {
        auto& watermarks = chain_.transform.watermarks;
        for (const Watermark* watermark : stored.watermarks) {
            if (std::ranges::find(watermarks, watermark) == watermarks.end()) {
                watermarks.push_back(watermark);
            }
        }
    }

    // Format, quality and default image, as far as `from` names them.
    static void takeResultOf(const Transform& from, Transform& to) {
        if (from.formatChoice != Transform::FormatChoice::unnamed) {
            to.formatChoice = from.formatChoice;
            to.format = from.format;
        }
        if (from.quality) {
            to.quality = from.quality;
        }
        if (!from.defaultImage.empty()) {
            to.defaultImage = from.defaultImage;
        }
    }

    Mistake addStep(Step step) {
        if (chain_.transform.steps.size() == mostSteps) {
            return "more than " + std::to_string(mostSteps) + " steps";
        }
        chain_.transform.steps.push_back(std::move(step));
        return {};
    }

    Mistake finishStep() {
        Mistake mistake = ++stepCount_ > mostSteps
                              ? "more than " + std::to_string(mostSteps) + " steps"
                              : step_.finish();
        if (mistake.empty() && step_.step() != Step{}) {
            mistake = addStep(std::move(step_.step()));
        }
        step_ = {};
        seen_ = {};
        return mistake;
    }

    Mistake finishChain() {
        if (layer_) {
            return "a layer lacks its \"l-end\"";
        }
        Mistake mistake = finishStep();
        if (!mistake.empty()) {
            return mistake;
        }
        if (itemCount_ > 1) {
            chain_.alone = nullptr;
            if (namesOriginal_) {
                return "a variant that is the original allows nothing beside it";
            }
        }
        takeResultOf(own_, chain_.transform);
        return {};
    }

    const Variants& variants_;
    Chain chain_;
    Transform own_;  // what the chain says itself about the result: wins over what names bring
    StepReader step_;
    KeysSeen seen_;
    std::optional<LayerReader> layer_;
    std::size_t itemCount_ = 0;
    std::size_t stepCount_ = 0;
    bool namesOriginal_ = false;
    std::string_view unknownName_;
};

// ---- URLs ----

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    for (std::size_t begin = 0; begin <= text.size();) {
        const auto end = std::min(text.find(separator, begin), text.size());
        parts.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return parts;
}

std::string joinPath(const std::vector<std::string_view>& segments) {
    std::string path;
    for (const auto segment : segments) {
        path += '/';
        path += segment;
    }
    return path;
}

// A target taken apart, before the chain is read.
struct Target {
    ParsedRequest request;
    std::optional<std::string> chain;
};

// Fills a Target from the parts of a URL.
class TargetReader {
public:
    Result<Target, ParseError> read(const UrlParts& url) {
        std::string mistake = readPath(url.uri);
        if (!mistake.empty()) {
            return Failed{ParseError{Reason::badUrl, std::move(mistake)}};
        }
        mistake = readQuery(url.rawQuery);
        if (mistake.empty() && chainCount_ > 1) {
            mistake = "\"tr\" is given twice";
        }
        if (!mistake.empty()) {
            return Failed{ParseError{Reason::badOptions, std::move(mistake)}};
        }
        return std::move(target_);
    }

private:
    std::string readPath(std::string_view uri) {
        auto segments = split(uri, '/');
        if (segments.back().starts_with(chainPrefix)) {
            return "the URL has no file after its transformation";
        }
        const auto isChain = [](std::string_view segment) {
            return segment.starts_with(chainPrefix);
        };
        for (const auto segment : segments) {
            if (isChain(segment)) {
                target_.chain = segment.substr(chainPrefix.size());
                ++chainCount_;
            }
        }
        std::erase_if(segments, isChain);
        if (const auto mistake = pathMistake(joinPath(segments)); !mistake.empty()) {
            return std::string(mistake);
        }
        if (segments.front() == "ik-seo") {
            return readAlias(segments);
        }
        target_.request.path = joinPath(segments);
        return {};
    }

    // "ik-seo/dir/name/anything.jpg" is "dir/name.jpg".
    std::string readAlias(const std::vector<std::string_view>& segments) {
        const auto last = segments.back();
        const auto point = last.rfind('.');
        if (segments.size() < 3 || segments[segments.size() - 2].empty() ||
            point == std::string_view::npos || point + 1 == last.size()) {
            return "the URL lacks what \"ik-seo\" needs: a name and a last segment with a type";
        }
        target_.request.path =
            joinPath({segments.begin() + 1, segments.end() - 1}) + std::string(last.substr(point));
        return std::string(pathMistake(target_.request.path));
    }

    std::string readQuery(std::string_view rawQuery) {
        for (const auto parameter : split(rawQuery, '&')) {
            const auto equals = parameter.find('=');
            const auto name = parameter.substr(0, equals);
            const auto value = equals == std::string_view::npos ? std::string_view()
                                                                : parameter.substr(equals + 1);
            std::string mistake = readParameter(name, value);
            if (!mistake.empty()) {
                return mistake;
            }
        }
        return {};
    }

    // Names are compared raw, as the signature is; others are none of our business.
    std::string readParameter(std::string_view name, std::string_view value) {
        if (name == "ik-attachment") {
            target_.request.attachment = target_.request.attachment || value == "true";
            return {};
        }
        if (name == "ik-attachment-filename") {
            return readFilename(value);
        }
        if (name != "tr") {
            return {};
        }
        ++chainCount_;
        target_.chain = formDecode(value);
        return target_.chain ? "" : "\"tr\" has a malformed percent escape";
    }

    std::string readFilename(std::string_view value) {
        auto filename = formDecode(value);
        if (!filename) {
            return "\"ik-attachment-filename\" has a malformed percent escape";
        }
        if (filename->size() > longestFilename) {
            return "\"ik-attachment-filename\" is longer than 255 bytes";
        }
        const auto isControl = [](char c) {
            return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
        };
        if (std::ranges::any_of(*filename, isControl)) {
            return "\"ik-attachment-filename\" has a control byte";
        }
        target_.request.attachmentFilename = std::move(*filename);
        return {};
    }

    Target target_;
    int chainCount_ = 0;
};

ParsedRequest requestForChain(ParsedRequest request, Chain chain) {
    if (chain.isOriginal) {
        return request;
    }
    if (chain.alone != nullptr) {
        ParsedRequest variant = askForVariant(std::move(request.path), *chain.alone);
        variant.attachment = request.attachment;
        variant.attachmentFilename = std::move(request.attachmentFilename);
        return variant;
    }
    request.asked = Asked::adhoc;
    request.transform = std::move(chain.transform);
    return request;
}

}  // namespace

ParseResult parseRequest(const UrlParts& url, const Variants& variants) {
    auto target = TargetReader().read(url);
    if (!target) {
        return Failed{target.error()};
    }
    if (!target->chain || target->chain->empty()) {
        return std::move(target->request);
    }
    auto chain = ChainReader(variants).read(*target->chain);
    if (!chain) {
        return Failed{chain.error()};
    }
    return requestForChain(std::move(target->request), std::move(*chain));
}

Result<Transform, ParseError> parseChain(std::string_view chain, const Variants& variants) {
    auto result = ChainReader(variants).read(chain);
    if (!result) {
        return Failed{result.error()};
    }
    const bool isOriginal =
        result->isOriginal || (result->alone != nullptr && result->alone->isOriginal);
    if (isOriginal) {
        return Failed{ParseError{Reason::badOptions,
                                 "the chain is the original: write \"original\" instead"}};
    }
    return std::move(result->transform);
}

}  // namespace private_image::imagekit
