// Reads and converts the colour functions of CSS Color 4 (https://www.w3.org/TR/css-color-4/). Own
// code, because no library at hand parses them, and the gate parses before libvips is started.
#include "transform/css_colour.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <numbers>
#include <string>

#include "base/ascii.hpp"

namespace private_image {

namespace {

// Beyond it every channel is clipped anyway; products and cubes of it stay finite.
constexpr double maxComponent = 1e6;

using Triple = std::array<double, 3>;
using Matrix = std::array<Triple, 3>;

// ---- Syntax ----

struct Component {
    enum class Kind : std::uint8_t { number, percentage, angle, none };
    Kind kind = Kind::none;
    double value = 0;  // of angles degrees from 0 to 360
};

struct Arguments {
    std::array<Component, 3> components;
    std::optional<Component> alpha;
    bool hasCommas = false;  // the legacy syntax
};

bool isBlank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

// 0 for what is not finite, as CSS Values 4 has it for angles.
double normalDegrees(double degrees) {
    const double rest = std::fmod(degrees, 360.0);
    if (!std::isfinite(rest)) {
        return 0;
    }
    return rest < 0 ? rest + 360 : rest;
}

// Takes tokens off the front of a text.
class Scanner {
public:
    explicit Scanner(std::string_view text) : rest_(text) {}

    bool isAtEnd() const { return rest_.empty(); }

    void skipBlanks() {
        while (!rest_.empty() && isBlank(rest_.front())) {
            rest_.remove_prefix(1);
        }
    }

    // Blanks around the character are skipped.
    bool skip(char c) {
        skipBlanks();
        if (!rest_.starts_with(c)) {
            return false;
        }
        rest_.remove_prefix(1);
        skipBlanks();
        return true;
    }

    // Letters, digits and dashes in lower case.
    std::string takeWord() {
        std::string word;
        while (!rest_.empty() && isOfWord(rest_.front())) {
            word += toLowerCase(rest_.front());
            rest_.remove_prefix(1);
        }
        return word;
    }

    // A number with its unit, or "none". Empty if it is neither.
    std::optional<Component> takeComponent() {
        const auto number = takeNumber();
        if (!number) {
            return takeWord() == "none" ? std::optional(Component{}) : std::nullopt;
        }
        if (rest_.starts_with('%')) {
            rest_.remove_prefix(1);
            return Component{Component::Kind::percentage, bounded(*number)};
        }
        return withUnit(*number, takeUnit());
    }

private:
    static bool isOfWord(char c) { return isLetterOrDigit(c) || c == '-' || c == '_'; }

    static double bounded(double number) { return std::clamp(number, -maxComponent, maxComponent); }

    static std::optional<Component> withUnit(double number, std::string_view unit) {
        constexpr std::array<std::pair<std::string_view, double>, 4> degreesOf = {
            {{"deg", 1}, {"grad", 0.9}, {"rad", 180 / std::numbers::pi}, {"turn", 360}}};
        if (unit.empty()) {
            return Component{Component::Kind::number, number};
        }
        const auto found =
            std::ranges::find(degreesOf, unit, &std::pair<std::string_view, double>::first);
        if (found == degreesOf.end()) {
            return std::nullopt;
        }
        // The whole turns go first: the product could overflow.
        const double rest = std::fmod(number, 360 * std::max(1.0, 1 / found->second));
        return Component{Component::Kind::angle, normalDegrees(rest * found->second)};
    }

    std::string takeUnit() {
        const bool isUnit = !rest_.empty() && isOfWord(rest_.front()) && rest_.front() != '-';
        return isUnit ? takeWord() : std::string();
    }

    std::size_t countDigits(std::size_t from) const {
        std::size_t end = from;
        while (end < rest_.size() && isDigit(rest_[end])) {
            ++end;
        }
        return end - from;
    }

    bool hasSignAt(std::size_t at) const {
        return at < rest_.size() && (rest_[at] == '+' || rest_[at] == '-');
    }

    // How long the number at the front is, as CSS Syntax 3 (4.3.12) counts; 0: there is none.
    std::size_t numberLength() const {
        std::size_t end = hasSignAt(0) ? 1 : 0;
        const std::size_t whole = countDigits(end);
        end += whole;
        const std::size_t fraction =
            end < rest_.size() && rest_[end] == '.' ? countDigits(end + 1) : 0;
        if (whole + fraction == 0) {
            return 0;
        }
        end += fraction > 0 ? 1 + fraction : 0;
        if (end < rest_.size() && toLowerCase(rest_[end]) == 'e') {
            const std::size_t digits = end + 1 + (hasSignAt(end + 1) ? 1 : 0);
            const std::size_t count = countDigits(digits);
            end = count > 0 ? digits + count : end;
        }
        return end;
    }

    std::optional<double> takeNumber() {
        const std::size_t length = numberLength();
        if (length == 0) {
            return std::nullopt;
        }
        std::string_view text = rest_.substr(0, length);
        rest_.remove_prefix(length);
        if (text.starts_with('+')) {
            text.remove_prefix(1);  // from_chars takes no plus
        }
        double number = 0;
        const auto problem = std::from_chars(text.data(), text.data() + text.size(), number).ec;
        if (problem == std::errc::result_out_of_range) {
            return outOfRange(text);
        }
        return problem == std::errc() ? std::optional(number) : std::nullopt;
    }

    // What a double cannot hold is nothing or without end; from_chars does not say which.
    static double outOfRange(std::string_view text) {
        const auto exponent = text.find_first_of("eE");
        if (exponent != std::string_view::npos && text.substr(exponent + 1).starts_with('-')) {
            return 0;
        }
        constexpr double infinity = std::numeric_limits<double>::infinity();
        return text.starts_with('-') ? -infinity : infinity;
    }

    std::string_view rest_;
};

// "a, b, c" or "a, b, c, alpha"; the first comma is taken already.
bool readLegacy(Scanner& scanner, Arguments& arguments) {
    arguments.hasCommas = true;
    for (std::size_t i = 1; i < arguments.components.size(); ++i) {
        const auto component = scanner.takeComponent();
        const bool isLast = i + 1 == arguments.components.size();
        if (!component || (!isLast && !scanner.skip(','))) {
            return false;
        }
        arguments.components[i] = *component;
    }
    if (scanner.skip(',')) {
        arguments.alpha = scanner.takeComponent();
        return arguments.alpha.has_value();
    }
    return true;
}

// "a b c" or "a b c / alpha". Cloudflare's own example of rgba() lacks the slash, so the functions
// whose names announce an alpha may.
bool readModern(Scanner& scanner, bool mayLackSlash, Arguments& arguments) {
    for (std::size_t i = 1; i < arguments.components.size(); ++i) {
        scanner.skipBlanks();
        const auto component = scanner.takeComponent();
        if (!component) {
            return false;
        }
        arguments.components[i] = *component;
    }
    scanner.skipBlanks();
    if (scanner.skip('/') || (mayLackSlash && !scanner.isAtEnd())) {
        arguments.alpha = scanner.takeComponent();
        return arguments.alpha.has_value();
    }
    return true;
}

std::optional<Arguments> readArguments(Scanner scanner, bool mayLackSlash) {
    Arguments arguments;
    scanner.skipBlanks();
    const auto first = scanner.takeComponent();
    if (!first) {
        return std::nullopt;
    }
    arguments.components[0] = *first;
    const bool isRead = scanner.skip(',') ? readLegacy(scanner, arguments)
                                          : readModern(scanner, mayLackSlash, arguments);
    scanner.skipBlanks();
    return isRead && scanner.isAtEnd() ? std::optional(arguments) : std::nullopt;
}

// ---- Components as numbers ----

// A number, or a percentage of `whole`; "none" is 0. Empty for an angle.
std::optional<double> numberOf(const Component& component, double whole) {
    switch (component.kind) {
        case Component::Kind::number:
            return std::clamp(component.value, -maxComponent, maxComponent);
        case Component::Kind::percentage:
            return component.value / 100 * whole;
        case Component::Kind::angle:
            return std::nullopt;
        case Component::Kind::none:
            return 0;
    }
    return std::nullopt;
}

// Degrees from 0 to 360. Empty for a percentage.
std::optional<double> hueOf(const Component& component) {
    if (component.kind == Component::Kind::percentage) {
        return std::nullopt;
    }
    return normalDegrees(component.value);
}

// Each component as a number, where a percentage is that part of `whole`.
std::optional<Triple> numbersOf(const std::array<Component, 3>& components, const Triple& whole) {
    Triple numbers;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        const auto number = numberOf(components[i], whole[i]);
        if (!number) {
            return std::nullopt;
        }
        numbers[i] = *number;
    }
    return numbers;
}

// Of the legacy syntax, which has no "none": all three are of one kind.
bool areAll(const std::array<Component, 3>& components, Component::Kind kind) {
    return std::ranges::all_of(components, [kind](const Component& c) { return c.kind == kind; });
}

std::optional<double> alphaOf(const Arguments& arguments) {
    if (!arguments.alpha) {
        return 1;
    }
    const bool isNone = arguments.alpha->kind == Component::Kind::none;
    const auto alpha = numberOf(*arguments.alpha, 1);
    return alpha && !(isNone && arguments.hasCommas) ? std::optional(std::clamp(*alpha, 0.0, 1.0))
                                                     : std::nullopt;
}

// ---- Colour spaces (CSS Color 4, chapter 18: sample code for colour conversions) ----

Triple multiply(const Matrix& matrix, const Triple& column) {
    Triple product{};
    for (std::size_t i = 0; i < product.size(); ++i) {
        product[i] = matrix[i][0] * column[0] + matrix[i][1] * column[1] + matrix[i][2] * column[2];
    }
    return product;
}

// To CIE XYZ, relative to D65 (ProPhoto: to D50).
constexpr Matrix xyzFromP3 = {{{608311.0 / 1250200, 189793.0 / 714400, 198249.0 / 1000160},
                               {35783.0 / 156275, 247089.0 / 357200, 198249.0 / 2500400},
                               {0, 32229.0 / 714400, 5220557.0 / 5000800}}};
constexpr Matrix xyzFromA98 = {{{573536.0 / 994567, 263643.0 / 1420810, 187206.0 / 994567},
                                {591459.0 / 1989134, 6239551.0 / 9945670, 374412.0 / 4972835},
                                {53769.0 / 1989134, 351524.0 / 4972835, 4929758.0 / 4972835}}};
constexpr Matrix xyzFromRec2020 = {
    {{63426534.0 / 99577255, 20160776.0 / 139408157, 47086771.0 / 278816314},
     {26158966.0 / 99577255, 472592308.0 / 697040785, 8267143.0 / 139408157},
     {0, 19567812.0 / 697040785, 295819943.0 / 278816314}}};
constexpr Matrix xyzFromProPhoto = {
    {{0.79776664490064230, 0.13518129740053308, 0.03134773412839220},
     {0.28807482881940130, 0.71183523424187300, 0.00008993693872564},
     {0, 0, 0.82510460251046020}}};
constexpr Matrix d65FromD50 = {{{0.955473421488075, -0.02309845494876471, 0.06325924320057072},
                                {-0.0283697093338637, 1.0099953980813041, 0.021041441191917323},
                                {0.012314014864481998, -0.020507649298898964, 1.330365926242124}}};
constexpr Matrix srgbFromXyz = {{{12831.0 / 3959, -329.0 / 214, -1974.0 / 3959},
                                 {-851781.0 / 878810, 1648619.0 / 878810, 36519.0 / 878810},
                                 {705.0 / 12673, -2585.0 / 12673, 705.0 / 667}}};
constexpr Matrix lmsFromOklab = {{{1, 0.3963377773761749, 0.2158037573099136},
                                  {1, -0.1055613458156586, -0.0638541728258133},
                                  {1, -0.0894841775298119, -1.2914855480194092}}};
constexpr Matrix xyzFromLms = {{{1.2268798758459243, -0.5578149944602171, 0.2813910456659647},
                                {-0.0405757452148008, 1.1122868032803170, -0.0717110580655164},
                                {-0.0763729366746601, -0.4214933324022432, 1.5869240198367816}}};

// Applies a transfer function to a magnitude, so that negative channels keep their sign.
template <typename Function>
Triple onEach(const Triple& channels, Function function) {
    Triple result{};
    for (std::size_t i = 0; i < result.size(); ++i) {
        result[i] = std::copysign(function(std::fabs(channels[i])), channels[i]);
    }
    return result;
}

double linearFromSrgb(double value) {
    return value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
}

double srgbFromLinear(double value) {
    return value > 0.0031308 ? 1.055 * std::pow(value, 1 / 2.4) - 0.055 : 12.92 * value;
}

double linearFromA98(double value) {
    return std::pow(value, 563.0 / 256);
}

double linearFromProPhoto(double value) {
    return value <= 16.0 / 512 ? value / 16 : std::pow(value, 1.8);
}

double linearFromRec2020(double value) {
    constexpr double alpha = 1.09929682680944;
    constexpr double beta = 0.018053968510807;
    return value < beta * 4.5 ? value / 4.5 : std::pow((value + alpha - 1) / alpha, 1 / 0.45);
}

Triple srgbFromXyzD65(const Triple& xyz) {
    return onEach(multiply(srgbFromXyz, xyz), srgbFromLinear);
}

Triple srgbFromXyzD50(const Triple& xyz) {
    return srgbFromXyzD65(multiply(d65FromD50, xyz));
}

// Chroma and hue as two axes.
Triple rectangular(double lightness, double chroma, double hue) {
    const double radians = hue * std::numbers::pi / 180;
    return {lightness, chroma * std::cos(radians), chroma * std::sin(radians)};
}

Triple srgbFromLab(const Triple& lab) {
    constexpr double kappa = 24389.0 / 27;
    constexpr double epsilon = 216.0 / 24389;
    constexpr Triple white = {0.3457 / 0.3585, 1, (1 - 0.3457 - 0.3585) / 0.3585};  // D50
    const double middle = (std::clamp(lab[0], 0.0, 100.0) + 16) / 116;
    Triple xyz{};
    const Triple roots = {lab[1] / 500 + middle, middle, middle - lab[2] / 200};
    for (std::size_t i = 0; i < xyz.size(); ++i) {
        const double cube = roots[i] * roots[i] * roots[i];
        xyz[i] = white[i] * (cube > epsilon ? cube : (116 * roots[i] - 16) / kappa);
    }
    return srgbFromXyzD50(xyz);
}

Triple srgbFromOklab(Triple lab) {
    lab[0] = std::clamp(lab[0], 0.0, 1.0);
    Triple lms = multiply(lmsFromOklab, lab);
    for (double& value : lms) {
        value = value * value * value;
    }
    return srgbFromXyzD65(multiply(xyzFromLms, lms));
}

// hue in degrees, the others from 0 to 1
Triple srgbFromHsl(double hue, double saturation, double lightness) {
    const auto channel = [&](double n) {
        const double k = std::fmod(n + hue / 30, 12);
        const double chroma = saturation * std::min(lightness, 1 - lightness);
        return lightness - chroma * std::max(-1.0, std::min({k - 3, 9 - k, 1.0}));
    };
    return {channel(0), channel(8), channel(4)};
}

Triple srgbFromHwb(double hue, double whiteness, double blackness) {
    const double sum = whiteness + blackness;
    if (sum >= 1) {
        const double grey = whiteness / sum;
        return {grey, grey, grey};
    }
    Triple rgb = srgbFromHsl(hue, 1, 0.5);
    for (double& channel : rgb) {
        channel = channel * (1 - sum) + whiteness;
    }
    return rgb;
}

// ---- Functions ----

// Gamma-encoded sRGB, 0 to 1 where it is within the gamut. Empty where the arguments do not fit.
using Conversion = std::optional<Triple> (*)(const Arguments& arguments);

std::optional<Triple> fromRgb(const Arguments& arguments) {
    const auto& components = arguments.components;
    if (arguments.hasCommas && !areAll(components, Component::Kind::number) &&
        !areAll(components, Component::Kind::percentage)) {
        return std::nullopt;
    }
    auto rgb = numbersOf(components, {255, 255, 255});
    if (rgb) {
        for (double& channel : *rgb) {
            channel /= 255;
        }
    }
    return rgb;
}

std::optional<Triple> fromHsl(const Arguments& arguments) {
    const auto& [hueGiven, saturationGiven, lightnessGiven] = arguments.components;
    const bool arePercentages = saturationGiven.kind == Component::Kind::percentage &&
                                lightnessGiven.kind == Component::Kind::percentage;
    if (arguments.hasCommas && (!arePercentages || hueGiven.kind == Component::Kind::none)) {
        return std::nullopt;
    }
    const auto hue = hueOf(hueGiven);
    const auto saturation = numberOf(saturationGiven, 100);
    const auto lightness = numberOf(lightnessGiven, 100);
    if (!hue || !saturation || !lightness) {
        return std::nullopt;
    }
    // Above 100 % is beyond sRGB, and clipped with the rest.
    return srgbFromHsl(*hue, std::max(0.0, *saturation / 100), *lightness / 100);
}

std::optional<Triple> fromHwb(const Arguments& arguments) {
    const auto hue = hueOf(arguments.components[0]);
    const auto whiteness = numberOf(arguments.components[1], 100);
    const auto blackness = numberOf(arguments.components[2], 100);
    if (arguments.hasCommas || !hue || !whiteness || !blackness) {
        return std::nullopt;
    }
    return srgbFromHwb(*hue, std::max(0.0, *whiteness / 100), std::max(0.0, *blackness / 100));
}

std::optional<Triple> fromLab(const Arguments& arguments) {
    const auto lab = numbersOf(arguments.components, {100, 125, 125});
    return lab && !arguments.hasCommas ? std::optional(srgbFromLab(*lab)) : std::nullopt;
}

std::optional<Triple> fromOklab(const Arguments& arguments) {
    const auto lab = numbersOf(arguments.components, {1, 0.4, 0.4});
    return lab && !arguments.hasCommas ? std::optional(srgbFromOklab(*lab)) : std::nullopt;
}

// Lightness, chroma and hue on the axes of Lab or Oklab.
std::optional<Triple> axesOf(const Arguments& arguments, double wholeLightness,
                             double wholeChroma) {
    const auto lightness = numberOf(arguments.components[0], wholeLightness);
    const auto chroma = numberOf(arguments.components[1], wholeChroma);
    const auto hue = hueOf(arguments.components[2]);
    if (arguments.hasCommas || !lightness || !chroma || !hue) {
        return std::nullopt;
    }
    return rectangular(*lightness, std::max(0.0, *chroma), *hue);
}

std::optional<Triple> fromLch(const Arguments& arguments) {
    const auto lab = axesOf(arguments, 100, 150);
    return lab ? std::optional(srgbFromLab(*lab)) : std::nullopt;
}

std::optional<Triple> fromOklch(const Arguments& arguments) {
    const auto lab = axesOf(arguments, 1, 0.4);
    return lab ? std::optional(srgbFromOklab(*lab)) : std::nullopt;
}

struct NamedConversion {
    std::string_view name;
    Conversion convert;
};

constexpr auto functions = std::to_array<NamedConversion>({
    {"rgb", fromRgb},
    {"rgba", fromRgb},
    {"hsl", fromHsl},
    {"hsla", fromHsl},
    {"hwb", fromHwb},
    {"lab", fromLab},
    {"lch", fromLch},
    {"oklab", fromOklab},
    {"oklch", fromOklch},
});

struct PredefinedSpace {
    std::string_view name;
    Triple (*toSrgb)(const Triple& channels);
};

constexpr auto spaces = std::to_array<PredefinedSpace>({
    {"srgb", [](const Triple& c) { return c; }},
    {"srgb-linear", [](const Triple& c) { return onEach(c, srgbFromLinear); }},
    {"display-p3",
     [](const Triple& c) {
         return srgbFromXyzD65(multiply(xyzFromP3, onEach(c, linearFromSrgb)));
     }},
    {"display-p3-linear", [](const Triple& c) { return srgbFromXyzD65(multiply(xyzFromP3, c)); }},
    {"a98-rgb",
     [](const Triple& c) {
         return srgbFromXyzD65(multiply(xyzFromA98, onEach(c, linearFromA98)));
     }},
    {"prophoto-rgb",
     [](const Triple& c) {
         return srgbFromXyzD50(multiply(xyzFromProPhoto, onEach(c, linearFromProPhoto)));
     }},
    {"rec2020",
     [](const Triple& c) {
         return srgbFromXyzD65(multiply(xyzFromRec2020, onEach(c, linearFromRec2020)));
     }},
    {"xyz", srgbFromXyzD65},
    {"xyz-d65", srgbFromXyzD65},
    {"xyz-d50", srgbFromXyzD50},
});

std::optional<Colour> clipped(const std::optional<Triple>& rgb,
                              const std::optional<double>& alpha) {
    if (!rgb || !alpha) {
        return std::nullopt;
    }
    const auto byte = [](double value) {
        return static_cast<std::uint8_t>(std::lround(std::clamp(value, 0.0, 1.0) * 255));
    };
    return Colour{byte((*rgb)[0]), byte((*rgb)[1]), byte((*rgb)[2]), byte(*alpha)};
}

// "display-p3 1 0 0 / 50%"
std::optional<Colour> fromSpace(Scanner scanner) {
    scanner.skipBlanks();
    const std::string name = scanner.takeWord();
    const auto space = std::ranges::find(spaces, name, &PredefinedSpace::name);
    const auto arguments = space != spaces.end() ? readArguments(scanner, false) : std::nullopt;
    const auto channels = arguments ? numbersOf(arguments->components, {1, 1, 1}) : std::nullopt;
    if (!channels || arguments->hasCommas) {
        return std::nullopt;
    }
    return clipped(space->toSrgb(*channels), alphaOf(*arguments));
}

}  // namespace

std::optional<Colour> cssFunctionColour(std::string_view text) {
    const auto open = text.find('(');
    if (open == std::string_view::npos || !text.ends_with(')')) {
        return std::nullopt;
    }
    const std::string name = Scanner(text.substr(0, open)).takeWord();
    const Scanner inside(text.substr(open + 1, text.size() - open - 2));
    if (name.size() != open) {
        return std::nullopt;
    }
    if (name == "color") {
        return fromSpace(inside);
    }
    const auto function = std::ranges::find(functions, name, &NamedConversion::name);
    const auto arguments =
        function != functions.end() ? readArguments(inside, name.ends_with('a')) : std::nullopt;
    return arguments ? clipped(function->convert(*arguments), alphaOf(*arguments)) : std::nullopt;
}

}  // namespace private_image
