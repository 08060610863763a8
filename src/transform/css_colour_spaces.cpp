#include "transform/css_colour_spaces.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace private_image {

namespace {

using Matrix = std::array<ColourTriple, 3>;

ColourTriple multiply(const Matrix& matrix, const ColourTriple& column) {
    ColourTriple product{};
    for (std::size_t i = 0; i < product.size(); ++i) {
        product[i] = matrix[i][0] * column[0] + matrix[i][1] * column[1] + matrix[i][2] * column[2];
    }
    return product;
}

// Matrices from linear RGB to CIE XYZ, relative to D65; that of ProPhoto is relative to D50.
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

// Applies a transfer function to the magnitude of each channel, so that negative channels keep
// their sign.
template <typename Function>
ColourTriple applyToMagnitudes(const ColourTriple& channels, Function function) {
    ColourTriple result{};
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

ColourTriple srgbFromXyzD65(const ColourTriple& xyz) {
    return applyToMagnitudes(multiply(srgbFromXyz, xyz), srgbFromLinear);
}

ColourTriple srgbFromXyzD50(const ColourTriple& xyz) {
    return srgbFromXyzD65(multiply(d65FromD50, xyz));
}

struct PredefinedSpace {
    std::string_view name;
    ColourTriple (*toSrgb)(const ColourTriple& channels);
};

constexpr auto spaces = std::to_array<PredefinedSpace>({
    {"srgb", [](const ColourTriple& c) { return c; }},
    {"srgb-linear", [](const ColourTriple& c) { return applyToMagnitudes(c, srgbFromLinear); }},
    {"display-p3",
     [](const ColourTriple& c) {
         return srgbFromXyzD65(multiply(xyzFromP3, applyToMagnitudes(c, linearFromSrgb)));
     }},
    {"display-p3-linear",
     [](const ColourTriple& c) { return srgbFromXyzD65(multiply(xyzFromP3, c)); }},
    {"a98-rgb",
     [](const ColourTriple& c) {
         return srgbFromXyzD65(multiply(xyzFromA98, applyToMagnitudes(c, linearFromA98)));
     }},
    {"prophoto-rgb",
     [](const ColourTriple& c) {
         return srgbFromXyzD50(multiply(xyzFromProPhoto, applyToMagnitudes(c, linearFromProPhoto)));
     }},
    {"rec2020",
     [](const ColourTriple& c) {
         return srgbFromXyzD65(multiply(xyzFromRec2020, applyToMagnitudes(c, linearFromRec2020)));
     }},
    {"xyz", srgbFromXyzD65},
    {"xyz-d65", srgbFromXyzD65},
    {"xyz-d50", srgbFromXyzD50},
});

}  // namespace

ColourTriple axesFromPolar(double lightness, double chroma, double hue) {
    const double radians = hue * std::numbers::pi / 180;
    return {lightness, chroma * std::cos(radians), chroma * std::sin(radians)};
}

ColourTriple srgbFromLab(const ColourTriple& lab) {
    constexpr double kappa = 24389.0 / 27;
    constexpr double epsilon = 216.0 / 24389;
    constexpr ColourTriple white = {0.3457 / 0.3585, 1, (1 - 0.3457 - 0.3585) / 0.3585};  // D50
    const double middle = (std::clamp(lab[0], 0.0, 100.0) + 16) / 116;
    ColourTriple xyz{};
    const ColourTriple roots = {lab[1] / 500 + middle, middle, middle - lab[2] / 200};
    for (std::size_t i = 0; i < xyz.size(); ++i) {
        const double cube = roots[i] * roots[i] * roots[i];
        xyz[i] = white[i] * (cube > epsilon ? cube : (116 * roots[i] - 16) / kappa);
    }
    return srgbFromXyzD50(xyz);
}

ColourTriple srgbFromOklab(ColourTriple lab) {
    lab[0] = std::clamp(lab[0], 0.0, 1.0);
    ColourTriple lms = multiply(lmsFromOklab, lab);
    for (double& value : lms) {
        value = value * value * value;
    }
    return srgbFromXyzD65(multiply(xyzFromLms, lms));
}

ColourTriple srgbFromHsl(double hue, double saturation, double lightness) {
    const auto channel = [&](double n) {
        const double k = std::fmod(n + hue / 30, 12);
        const double chroma = saturation * std::min(lightness, 1 - lightness);
        return lightness - chroma * std::max(-1.0, std::min({k - 3, 9 - k, 1.0}));
    };
    return {channel(0), channel(8), channel(4)};
}

ColourTriple srgbFromHwb(double hue, double whiteness, double blackness) {
    const double sum = whiteness + blackness;
    if (sum >= 1) {
        const double grey = whiteness / sum;
        return {grey, grey, grey};
    }
    ColourTriple rgb = srgbFromHsl(hue, 1, 0.5);
    for (double& channel : rgb) {
        channel = channel * (1 - sum) + whiteness;
    }
    return rgb;
}

std::optional<ColourTriple> srgbFromSpace(std::string_view space, const ColourTriple& channels) {
    const auto found = std::ranges::find(spaces, space, &PredefinedSpace::name);
    return found == spaces.end() ? std::nullopt : std::optional(found->toSrgb(channels));
}

}  // namespace private_image
