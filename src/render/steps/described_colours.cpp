#include "render/steps/described_colours.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "render/colour_description.hpp"
#include "render/steps/colour_management.hpp"
#include "render/steps/icc_profile.hpp"

namespace private_image {

namespace {

struct FreeCurve {
    void operator()(cmsToneCurve* curve) const { cmsFreeToneCurve(curve); }
};

cmsCIExyY at(Chromaticity place) {
    return {place.x, place.y, 1};
}

IccProfile makeProfile(const ColourDescription& colours, bool isGrey) {
    constexpr int withLinearPart = 4;  // IEC 61966-2.1
    const TransferCurve& curve = colours.curve;
    const double parameters[] = {curve.exponent, curve.scale, curve.offset, curve.slope,
                                 curve.threshold};
    const std::unique_ptr<cmsToneCurve, FreeCurve> tone(
        cmsBuildParametricToneCurve(nullptr, withLinearPart, parameters));
    const auto& [red, green, blue, white] = colours.primaries;
    const cmsCIExyY whitePoint = at(white);
    if (!tone) {
        return {};
    }
    if (isGrey) {
        return IccProfile(cmsCreateGrayProfile(cmsD50_xyY(), tone.get()));
    }
    const cmsCIExyYTRIPLE places{at(red), at(green), at(blue)};
    cmsToneCurve* const tones[] = {tone.get(), tone.get(), tone.get()};
    return IccProfile(cmsCreateRGBProfile(&whitePoint, &places, tones));
}

// Empty if no profile can be made.
std::string profileOf(const ColourDescription& colours, bool isGrey) {
    const IccProfile profile = makeProfile(colours, isGrey);
    cmsUInt32Number size = 0;
    if (!profile || !cmsSaveProfileToMem(profile.get(), nullptr, &size)) {
        return {};
    }
    std::string bytes(size, '\0');
    return cmsSaveProfileToMem(profile.get(), bytes.data(), &size) ? bytes : std::string();
}

bool isSixteenBit(const Image& image) {
    const auto type = image.get()->Type;
    return image.get()->BandFmt == VIPS_FORMAT_USHORT &&
           (type == VIPS_INTERPRETATION_RGB16 || type == VIPS_INTERPRETATION_GREY16);
}

// One table of 16-bit samples, which become 8-bit ones of sRGB's curve; alpha is only scaled.
Image throughCurve(const Image& image, const TransferCurve& curve) {
    constexpr int samples = 65536;
    const auto bands = static_cast<std::size_t>(image.bands());
    const std::size_t colours = bands - (image.hasAlpha() ? 1 : 0);
    std::vector<unsigned char> table;
    table.reserve(samples * bands);
    for (int sample = 0; sample < samples; ++sample) {
        const double light = curve.lightOf(sample / double(samples - 1));
        const double mapped = std::clamp(srgbCurve.sampleOf(std::min(light, 1.0)), 0.0, 1.0);
        table.insert(table.end(), colours, static_cast<unsigned char>(std::lround(mapped * 255)));
        table.insert(table.end(), bands - colours, static_cast<unsigned char>(sample >> 8));
    }
    const Image lut(vips_image_new_from_memory_copy(table.data(), table.size(), samples, 1,
                                                    image.bands(), VIPS_FORMAT_UCHAR));
    VipsImage* out = nullptr;
    if (!lut || vips_maplut(image.get(), &out, lut.get(), static_cast<void*>(nullptr)) != 0) {
        return {};
    }
    return apply(vips_copy, Image(out), "interpretation",
                 image.isGrey() ? VIPS_INTERPRETATION_B_W : VIPS_INTERPRETATION_sRGB);
}

}  // namespace

Image withDescribedColours(const Image& image, SourceType type,
                           std::span<const unsigned char> bytes,
                           std::optional<std::uint32_t> page) {
    if (!image) {
        return image;
    }
    auto colours =
        describedColours(type, {reinterpret_cast<const char*>(bytes.data()), bytes.size()}, page,
                         hasOwnProfile(image));
    if (!colours) {
        return image;
    }
    Image out = image;
    if (isSixteenBit(image) && !colours->isSrgb() && !(colours->curve == srgbCurve)) {
        out = throughCurve(image, colours->curve);
        colours->curve = srgbCurve;
    }
    if (!out) {
        return out;
    }
    vips_image_remove(out.get(), VIPS_META_ICC_NAME);
    const std::string profile =
        colours->isSrgb() ? std::string() : profileOf(*colours, out.isGrey());
    if (!profile.empty()) {
        vips_image_set_blob_copy(out.get(), VIPS_META_ICC_NAME, profile.data(), profile.size());
    }
    return out;
}

}  // namespace private_image
