// Cloudflare's URLs and option lists. The signature, which covers the raw request target, is read
// elsewhere; so is everything about HTTP.
#include "dialect/cloudflare.hpp"

#include <algorithm>
#include <array>
#include <bitset>
#include <cmath>
#include <utility>
#include <vector>

#include "base/encoding.hpp"
#include "transform/canonical.hpp"
#include "transform/colour.hpp"

namespace private_image::cloudflare {

namespace {

constexpr double largestDpr = 5;
constexpr double largestSharpen = 10;
constexpr double largestBlur = 250;
constexpr Colour white{255, 255, 255, 255};

enum class Option : std::uint8_t {
    width,
    height,
    fit,
    gravity,
    dpr,
    background,
    quality,
    format,
    metadata,
    sharpen,
    blur,
    watermark,
};
constexpr std::size_t optionCount = 12;

struct OptionSpelling {
    Option option;
    std::string_view name;
    std::string_view alias;
    std::string_view expected;  // completes "must be"
};

constexpr std::array<OptionSpelling, optionCount> spellings = {{
    {Option::width, "width", "w", "a whole number from 1 to 65535"},
    {Option::height, "height", "h", "a whole number from 1 to 65535"},
    {Option::fit, "fit", "",
     "scale-down, contain, cover, crop, pad, squeeze, aspect-crop or scale-up"},
    {Option::gravity, "gravity", "g", "left, right, top, bottom, auto or a point such as 0.5x0.33"},
    {Option::dpr, "dpr", "", "a number above 0, up to 5"},
    {Option::background, "background", "", "a CSS colour"},
    {Option::quality, "quality", "q", "a whole number from 1 to 100"},
    {Option::format, "format", "f", "auto, avif, webp, jpeg, png or gif"},
    {Option::metadata, "metadata", "", "keep, copyright or none"},
    {Option::sharpen, "sharpen", "", "a number from 0 to 10"},
    {Option::blur, "blur", "", "a number from 0 to 250"},
    {Option::watermark, "watermark", "", "the name of a watermark"},
}};

// Those of Cloudflare's that this module does not have, so that it can say so.
constexpr auto unsupportedNames = std::to_array<std::string_view>({
    "anim",
    "border",
    "brightness",
    "compression",
    "contrast",
    "face-zoom",
    "flip",
    "gamma",
    "onerror",
    "rotate",
    "saturation",
    "scq",
    "segment",
    "slow-connection-quality",
    "trim",
    "trim.border.color",
    "trim.border.keep",
    "trim.border.tolerance",
    "trim.height",
    "trim.left",
    "trim.top",
    "trim.width",
    "upscale",
    "zoom",
});

const OptionSpelling* spellingOf(std::string_view name) {
    const auto found = std::ranges::find_if(spellings, [name](const OptionSpelling& spelling) {
        return name == spelling.name || (!spelling.alias.empty() && name == spelling.alias);
    });
    return found == spellings.end() ? nullptr : &*found;
}

std::string everyName() {
    std::string names;
    for (const OptionSpelling& spelling : spellings) {
        names += names.empty() ? "" : ", ";
        names += spelling.name;
    }
    return names;
}

template <typename Target, typename Value>
bool assign(Target& target, const std::optional<Value>& value) {
    if (value) {
        target = *value;
    }
    return value.has_value();
}

std::optional<std::uint64_t> positive(std::string_view text, std::uint64_t largest) {
    const auto number = parseUnsigned(text, largest);
    return number && *number > 0 ? number : std::nullopt;
}

std::optional<double> numberUpTo(std::string_view text, double largest) {
    const auto number = parseDecimal(text);
    return number && *number <= largest ? number : std::nullopt;
}

std::optional<Length> pixels(std::string_view text) {
    const auto number = positive(text, static_cast<std::uint64_t>(longestSide));
    if (!number) {
        return std::nullopt;
    }
    return Length{Length::Unit::pixels, static_cast<double>(*number)};
}

std::optional<Fit> fitFrom(std::string_view text) {
    constexpr std::array<std::pair<std::string_view, Fit>, 8> fits = {{
        {"scale-down", Fit::insideNoEnlarge},
        {"contain", Fit::inside},
        {"scale-up", Fit::insideNoShrink},
        {"cover", Fit::cover},
        {"crop", Fit::coverNoEnlarge},
        {"aspect-crop", Fit::coverRatio},
        {"squeeze", Fit::stretch},
        {"pad", Fit::pad},
    }};
    const auto found = std::ranges::find(fits, text, &std::pair<std::string_view, Fit>::first);
    return found == fits.end() ? std::nullopt : std::optional(found->second);
}

// "0.5x0.33"
std::optional<Gravity> pointFrom(std::string_view text) {
    const auto separator = text.find('x');
    if (separator == std::string_view::npos) {
        return std::nullopt;
    }
    const auto x = numberUpTo(text.substr(0, separator), 1);
    const auto y = numberUpTo(text.substr(separator + 1), 1);
    return x && y ? std::optional(Gravity{Gravity::Kind::point, *x, *y}) : std::nullopt;
}

std::optional<Gravity> gravityFrom(std::string_view text) {
    constexpr std::array<std::pair<std::string_view, Gravity>, 5> gravities = {{
        {"auto", {Gravity::Kind::attention}},
        {"left", {Gravity::Kind::point, 0, 0.5}},
        {"right", {Gravity::Kind::point, 1, 0.5}},
        {"top", {Gravity::Kind::point, 0.5, 0}},
        {"bottom", {Gravity::Kind::point, 0.5, 1}},
    }};
    const auto found =
        std::ranges::find(gravities, text, &std::pair<std::string_view, Gravity>::first);
    return found == gravities.end() ? pointFrom(text) : std::optional(found->second);
}

std::optional<Metadata> metadataFrom(std::string_view text) {
    if (text == "keep") {
        return Metadata::keep;
    }
    if (text == "copyright") {
        return Metadata::copyright;
    }
    return text == "none" ? std::optional(Metadata::none) : std::nullopt;
}

// Takes one item off the front of `rest`: up to a comma that stands in no parentheses.
std::string_view takeItem(std::string_view& rest) {
    int depth = 0;
    std::size_t end = 0;
    for (; end < rest.size(); ++end) {
        const char c = rest[end];
        if (c == ',' && depth == 0) {
            break;
        }
        depth += c == '(' ? 1 : 0;
        depth -= c == ')' && depth > 0 ? 1 : 0;
    }
    const auto item = rest.substr(0, end);
    rest.remove_prefix(end);
    return item;
}

// Reads one option list into one transform.
class OptionList {
public:
    // `watermarks`: those that a variant may name; null for a URL, which may name none.
    explicit OptionList(const Watermarks* watermarks) : watermarks_(watermarks) {
        transform_.metadata = Metadata::copyright;
    }

    Result<Transform, ParseError> read(std::string_view text) {
        std::string mistake = readItems(text);
        if (mistake.empty()) {
            mistake = finishStep();
        }
        if (!mistake.empty()) {
            return Failed{ParseError{Reason::badOptions, std::move(mistake)}};
        }
        return std::move(transform_);
    }

private:
    // These answer with the mistake's text, empty if there is none.
    // No count is needed: only known options are read, each once.
    std::string readItems(std::string_view rest) {
        for (;;) {
            std::string mistake = readItem(takeItem(rest));
            if (!mistake.empty() || rest.empty()) {
                return mistake;
            }
            rest.remove_prefix(1);  // the comma: what follows has to be an item, also if empty
        }
    }

    std::string readItem(std::string_view item) {
        if (item.empty()) {
            return "empty option";
        }
        const auto equals = item.find('=');
        const auto name = item.substr(0, equals);
        const OptionSpelling* spelling = spellingOf(name);
        if (spelling == nullptr) {
            return unknownOption(name);
        }
        if (equals == std::string_view::npos || equals + 1 == item.size()) {
            return "option " + inQuotes(name) + " needs a value";
        }
        const auto index = static_cast<std::size_t>(spelling->option);
        if (seen_.test(index)) {
            return "option " + inQuotes(spelling->name) + " is given twice";
        }
        seen_.set(index);
        return readValue(*spelling, item.substr(equals + 1));
    }

    std::string unknownOption(std::string_view name) const {
        if (std::ranges::find(unsupportedNames, name) != unsupportedNames.end()) {
            return "option " + inQuotes(name) + " is not supported";
        }
        std::string mistake = "unknown option " + inQuotes(name);
        if (watermarks_ != nullptr) {
            mistake += ": write one of " + everyName();
        }
        return mistake;
    }

    std::string readValue(const OptionSpelling& spelling, std::string_view value) {
        if (spelling.option == Option::watermark) {
            return readWatermark(value);
        }
        if (assignValue(spelling.option, value)) {
            return {};
        }
        return "option " + inQuotes(spelling.name) + " must be " + std::string(spelling.expected) +
               ", not " + inQuotes(value);
    }

    bool assignValue(Option option, std::string_view value) {
        switch (option) {
            case Option::width:
                return assign(step_.width, pixels(value));
            case Option::height:
                return assign(step_.height, pixels(value));
            case Option::fit:
                return assign(step_.fit, fitFrom(value));
            case Option::gravity:
                return assign(step_.gravity, gravityFrom(value));
            case Option::dpr:
                return assign(dpr_, numberUpTo(value, largestDpr)) && dpr_ > 0;
            case Option::background:
                return assign(step_.background, cssColour(value));
            case Option::quality:
                return assignQuality(value);
            case Option::format:
                return assignFormat(value);
            case Option::metadata:
                return assign(transform_.metadata, metadataFrom(value));
            case Option::sharpen:
                return assign(step_.sharpen, numberUpTo(value, largestSharpen));
            case Option::blur:
                return assign(step_.blur, numberUpTo(value, largestBlur));
            case Option::watermark:
                return false;
        }
        return false;
    }

    bool assignQuality(std::string_view value) {
        const auto number = positive(value, 100);
        if (number) {
            transform_.quality = static_cast<std::uint8_t>(*number);
        }
        return number.has_value();
    }

    bool assignFormat(std::string_view value) {
        if (value == "auto") {
            transform_.formatChoice = Transform::FormatChoice::automatic;
            return true;
        }
        transform_.formatChoice = Transform::FormatChoice::named;
        return value != "jxl" && assign(transform_.format, formatFromName(value));
    }

    std::string readWatermark(std::string_view name) {
        if (watermarks_ == nullptr) {
            return "option \"watermark\" is only for variants";
        }
        const auto found = watermarks_->find(name);
        if (found == watermarks_->end()) {
            return "unknown watermark " + inQuotes(name) +
                   ": define it with private_image_watermark first";
        }
        transform_.watermarks.push_back(found->second);
        return {};
    }

    std::string finishStep() {
        for (Length* side : {&step_.width, &step_.height}) {
            if (side->unit == Length::Unit::none) {
                continue;
            }
            side->value = std::max(1.0, std::round(side->value * dpr_));
            if (side->value > longestSide) {
                return "a side times \"dpr\" is above 65535";
            }
        }
        if (step_.fit == Fit::pad) {
            step_.gravity = {};  // Cloudflare centres what it pads
        }
        if (mayPad(step_) && !step_.background) {
            step_.background = white;
        }
        dropIdleParts(step_);
        if (step_ != Step{}) {
            transform_.steps.push_back(std::move(step_));
        }
        return {};
    }

    const Watermarks* watermarks_;
    Transform transform_;
    Step step_;
    double dpr_ = 1;
    std::bitset<optionCount> seen_;
};

ParseResult badUrl(std::string_view detail) {
    return Failed{ParseError{Reason::badUrl, std::string(detail)}};
}

}  // namespace

ParseResult parseRequest(const UrlParts& url, const Variants& variants) {
    const auto slash = url.uri.rfind('/');
    if (slash == std::string_view::npos || slash + 1 == url.uri.size()) {
        return badUrl("the URL needs an image and a variant or options");
    }
    std::string path = '/' + std::string(url.uri.substr(0, slash));
    const auto last = url.uri.substr(slash + 1);
    if (const auto mistake = pathMistake(path); !mistake.empty()) {
        return badUrl(mistake);
    }
    if (last.find('=') == std::string_view::npos) {
        const auto found = variants.find(last);
        if (found == variants.end()) {
            return Failed{ParseError{Reason::unknownVariant, "unknown variant " + inQuotes(last)}};
        }
        return askForVariant(std::move(path), found->second);
    }
    auto transform = OptionList(nullptr).read(last);
    if (!transform) {
        return Failed{transform.error()};
    }
    ParsedRequest request;
    request.path = std::move(path);
    request.asked = Asked::adhoc;
    request.transform = std::move(*transform);
    return request;
}

Result<Transform, ParseError> parseOptions(std::string_view options, const Watermarks& watermarks) {
    return OptionList(&watermarks).read(options);
}

}  // namespace private_image::cloudflare
