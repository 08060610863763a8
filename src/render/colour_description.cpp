// PNG, third edition, 4.3: cICP overrides iCCP, sRGB, and gAMA with cHRM. ISO/IEC
// 23000-22, 7.3.6.4: values that nclx leaves open are those of sRGB. Code points: ITU-T H.273,
// tables 2 and 3.
#include "render/colour_description.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "render/heif/bit_reader.hpp"
#include "render/heif/items.hpp"

namespace private_image {

namespace {

using namespace std::string_view_literals;

constexpr Chromaticity d65{0.3127, 0.3290}, illuminantC{0.310, 0.316}, dci{0.314, 0.351},
    equalEnergy{1.0 / 3, 1.0 / 3};
constexpr Primaries srgbPrimaries{{0.64, 0.33}, {0.30, 0.60}, {0.15, 0.06}, d65};

std::optional<Primaries> primariesOf(std::uint64_t code) {
    switch (code) {
        case 1:
            return srgbPrimaries;
        case 4:
            return Primaries{{0.67, 0.33}, {0.21, 0.71}, {0.14, 0.08}, illuminantC};
        case 5:
            return Primaries{{0.64, 0.33}, {0.29, 0.60}, {0.15, 0.06}, d65};
        case 6:
        case 7:
            return Primaries{{0.630, 0.340}, {0.310, 0.595}, {0.155, 0.070}, d65};
        case 8:
            return Primaries{{0.681, 0.319}, {0.243, 0.692}, {0.145, 0.049}, illuminantC};
        case 9:
            return Primaries{{0.708, 0.292}, {0.170, 0.797}, {0.131, 0.046}, d65};
        case 10:
            return Primaries{{1, 0}, {0, 1}, {0, 0}, equalEnergy};
        case 11:
            return Primaries{{0.680, 0.320}, {0.265, 0.690}, {0.150, 0.060}, dci};
        case 12:
            return Primaries{{0.680, 0.320}, {0.265, 0.690}, {0.150, 0.060}, d65};
        case 22:
            return Primaries{{0.630, 0.340}, {0.295, 0.605}, {0.155, 0.077}, d65};
        default:
            return std::nullopt;
    }
}

constexpr TransferCurve power(double exponent, double scale = 1) {
    return {exponent, scale};
}

bool isVideoTransfer(std::uint64_t code) {
    return code == 1 || code == 6 || code == 14 || code == 15;  // BT.709, BT.601, BT.2020
}

bool isHighDynamicRange(std::uint64_t code) {
    return code == 16 || code == 18;  // PQ, HLG
}

// The transfer functions that PNG and nclx share.
std::optional<TransferCurve> curveOf(std::uint64_t code) {
    switch (code) {
        case 4:
            return power(2.2);
        case 5:
            return power(2.8);
        case 7:  // SMPTE 240M
            return TransferCurve{1 / 0.45, 1 / 1.1115, 0.1115 / 1.1115, 1 / 4.0, 0.0912};
        case 8:
            return power(1);
        case 13:
            return srgbCurve;
        case 17:  // SMPTE 428: 48 of 52.37 candelas are white
            return power(2.6, std::pow(52.37 / 48, 1 / 2.6));
        default:
            return std::nullopt;
    }
}

// A picture of nclx with a video's curve is shown as sRGB, one of cICP as on a BT.1886 monitor.
std::optional<TransferCurve> pngCurveOf(std::uint64_t code) {
    return isVideoTransfer(code) || code == 11 ? power(2.4) : curveOf(code);
}

std::optional<TransferCurve> heifCurveOf(std::uint64_t code) {
    constexpr std::uint64_t unspecified = 2;
    return isVideoTransfer(code) || code == unspecified ? srgbCurve : curveOf(code);
}

bool isChromaticity(Chromaticity place) {
    return place.x >= 0 && place.x <= 1 && place.y >= 0 && place.y <= 1;
}

// Primaries on one line span no colours.
bool areUsable(const Primaries& primaries) {
    constexpr double minArea = 1e-4;
    const auto& [red, green, blue, white] = primaries;
    const double area = (green.x - red.x) * (blue.y - red.y) - (blue.x - red.x) * (green.y - red.y);
    return isChromaticity(red) && isChromaticity(green) && isChromaticity(blue) &&
           isChromaticity(white) && white.y > 0 && std::abs(area) > minArea;
}

bool isNear(Chromaticity one, Chromaticity other) {
    constexpr double tolerance = 0.002;
    return std::abs(one.x - other.x) <= tolerance && std::abs(one.y - other.y) <= tolerance;
}

bool areSrgb(const Primaries& primaries) {
    return isNear(primaries.red, srgbPrimaries.red) &&
           isNear(primaries.green, srgbPrimaries.green) &&
           isNear(primaries.blue, srgbPrimaries.blue) &&
           isNear(primaries.white, srgbPrimaries.white);
}

class PngColours {
public:
    explicit PngColours(std::string_view bytes);
    std::optional<ColourDescription> description(bool hasProfile) const;

private:
    std::string_view chunk(std::size_t length, const std::string_view& content) const {
        return content.size() == length ? content : std::string_view();
    }
    std::optional<ColourDescription> byGamma() const;
    std::optional<Primaries> primaries() const;

    std::string_view codePoints_, gamma_, chromaticities_, srgb_;
};

// PNG, 5.3: a length, a name, content and its checksum. The first chunk of each kind before the
// pixels counts.
PngColours::PngColours(std::string_view bytes) {
    constexpr std::size_t signature = 8, around = 12;
    BitReader reader(bytes.substr(std::min(signature, bytes.size())));
    while (reader.rest().size() >= around) {
        const std::uint64_t length = reader.read(32);
        const std::string_view name = reader.take(4), content = reader.take(length);
        reader.read(32);
        if (name == "IDAT" || reader.hasFailed()) {
            return;
        }
        std::string_view* kind = name == "cICP"   ? &codePoints_
                                 : name == "gAMA" ? &gamma_
                                 : name == "cHRM" ? &chromaticities_
                                 : name == "sRGB" ? &srgb_
                                                  : nullptr;
        if (kind != nullptr && kind->empty()) {
            *kind = content;
        }
    }
}

std::optional<Primaries> PngColours::primaries() const {
    if (chromaticities_.empty()) {
        return srgbPrimaries;
    }
    BitReader reader(chromaticities_);
    const auto next = [&reader] {
        constexpr double unit = 100'000;
        const auto x = static_cast<double>(reader.read(32)) / unit;
        return Chromaticity{x, static_cast<double>(reader.read(32)) / unit};
    };
    Primaries primaries;
    for (Chromaticity* place :
         {&primaries.white, &primaries.red, &primaries.green, &primaries.blue}) {
        *place = next();
    }
    return reader.hasFailed() || !areUsable(primaries) ? std::nullopt : std::optional(primaries);
}

// Writers declare sRGB as a gamma of 0.45455 for decoders limited to gammas (PNG, 11.3.2.5).
// With other primaries the gamma is taken literally. Chromaticities alone are not applied.
std::optional<ColourDescription> PngColours::byGamma() const {
    BitReader reader(gamma_);
    const auto gamma = static_cast<double>(reader.read(32));
    const auto space = primaries();
    if (gamma_.size() != 4 || gamma == 0 || !space) {
        return std::nullopt;
    }
    constexpr double ofSrgb = 45'455, tolerance = 500;
    const bool meansSrgb = std::abs(gamma - ofSrgb) <= tolerance && areSrgb(*space);
    return ColourDescription{*space, meansSrgb ? srgbCurve : power(100'000 / gamma)};
}

std::optional<ColourDescription> PngColours::description(bool hasProfile) const {
    BitReader reader(codePoints_);
    const auto space = primariesOf(reader.read(8));
    const std::uint64_t transfer = reader.read(8);
    const bool isRgb = reader.read(8) == 0, isFullRange = reader.read(8) == 1;
    if (codePoints_.size() == 4 && space && isRgb && isFullRange) {
        if (isHighDynamicRange(transfer)) {
            return std::nullopt;
        }
        if (const auto curve = pngCurveOf(transfer)) {
            return ColourDescription{*space, *curve};
        }
    }
    return hasProfile || !srgb_.empty() ? std::nullopt : byGamma();
}

// Colours missing in a grid are taken from its tiles.
std::string_view coloursOf(const HeifFile& file, std::size_t index) {
    const HeifItem& item = file.items[index];
    return item.colours.empty() && !item.sources.empty() ? file.items[item.sources.front()].colours
                                                         : item.colours;
}

// libheif numbers pages, not items: if a page is requested, all items must agree.
std::string_view coloursOf(const HeifFile& file, std::optional<std::uint32_t> page) {
    const std::string_view colours = coloursOf(file, *file.primary);
    const bool isSure =
        !page || std::all_of(file.items.begin(), file.items.end(), [&](const HeifItem& item) {
            return item.colours.empty() || item.colours == colours;
        });
    return isSure ? colours : std::string_view();
}

std::optional<ColourDescription> heifColours(std::string_view bytes,
                                             std::optional<std::uint32_t> page) {
    constexpr std::uint64_t unspecified = 2;
    HeifFile file;
    if (!readHeifFile(bytes, file).empty() || !file.primary) {
        return std::nullopt;
    }
    BitReader reader(coloursOf(file, page));
    const std::uint64_t code = reader.read(16);
    const auto space = code == unspecified ? srgbPrimaries : primariesOf(code);
    const auto curve = heifCurveOf(reader.read(16));
    if (reader.hasFailed() || !space || !curve) {
        return std::nullopt;
    }
    return ColourDescription{*space, *curve};
}

}  // namespace

double TransferCurve::lightOf(double sample) const {
    return sample < threshold ? slope * sample : std::pow(scale * sample + offset, exponent);
}

double TransferCurve::sampleOf(double light) const {
    const double below = slope > 0 ? light / slope : threshold;
    return below < threshold ? below : (std::pow(light, 1 / exponent) - offset) / scale;
}

bool ColourDescription::isSrgb() const {
    return curve == srgbCurve && areSrgb(primaries);
}

std::optional<ColourDescription> describedColours(SourceType type, std::string_view bytes,
                                                  std::optional<std::uint32_t> page,
                                                  bool hasProfile) {
    if (type == SourceType::png) {
        return PngColours(bytes).description(hasProfile);
    }
    const bool isHeif = type == SourceType::avif || type == SourceType::heic;
    return isHeif && !hasProfile ? heifColours(bytes, page) : std::nullopt;
}

}  // namespace private_image
