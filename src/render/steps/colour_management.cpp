// ICC transforms run late, when fewer pixels are left, and only if the profile fits the image.
#include "render/steps/colour_management.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>

#include "render/steps/icc_profile.hpp"

namespace private_image {

namespace {

bool isCmyk(const Image& image) {
    return image.get()->Type == VIPS_INTERPRETATION_CMYK && image.bands() >= 4;
}

Image withInterpretation(const Image& image, VipsInterpretation interpretation) {
    return apply(vips_copy, image, "interpretation", interpretation);
}

Image withoutProfile(const Image& image) {
    Image copy = apply(vips_copy, image);
    if (copy) {
        vips_image_remove(copy.get(), VIPS_META_ICC_NAME);
    }
    return copy;
}

// Drops bands that are neither colour nor alpha, and sets the interpretation.
Image withKnownBands(const Image& image) {
    if (isCmyk(image)) {
        return image.bands() <= 5 ? image : apply(vips_extract_band, image, 0, "n", 4);
    }
    const auto interpretation = image.isGrey() ? VIPS_INTERPRETATION_B_W : VIPS_INTERPRETATION_sRGB;
    const Image cut = image.bands() <= 4 ? image : apply(vips_extract_band, image, 0, "n", 3);
    return cut && cut.get()->Type == interpretation ? cut : withInterpretation(cut, interpretation);
}

bool isSixteenBit(const Image& image) {
    const auto type = image.get()->Type;
    return image.get()->BandFmt == VIPS_FORMAT_USHORT &&
           (type == VIPS_INTERPRETATION_RGB16 || type == VIPS_INTERPRETATION_GREY16 ||
            type == VIPS_INTERPRETATION_CMYK || type == VIPS_INTERPRETATION_MULTIBAND);
}

// For Lab, XYZ and floating point. Removes the profile, which describes the pixels before the
// conversion.
Image convertedByVips(const Image& image) {
    if (!vips_colourspace_issupported(image.get())) {
        return withoutProfile(apply(vips_cast, image, VIPS_FORMAT_UCHAR));
    }
    const auto target = image.isGrey() ? VIPS_INTERPRETATION_B_W : VIPS_INTERPRETATION_sRGB;
    const Image out = apply(vips_colourspace, image, target);
    return withoutProfile(out && out.get()->BandFmt != VIPS_FORMAT_UCHAR
                              ? apply(vips_cast, out, VIPS_FORMAT_UCHAR)
                              : out);
}

std::string_view profileOf(const Image& image) {
    const void* data = nullptr;
    std::size_t size = 0;
    if (vips_image_get_typeof(image.get(), VIPS_META_ICC_NAME) == 0 ||
        vips_image_get_blob(image.get(), VIPS_META_ICC_NAME, &data, &size) != 0) {
        return {};
    }
    return {static_cast<const char*>(data), size};
}

// ICC.1, 7.2: the data colour space is at byte 16, the signature "acsp" at byte 36. libvips would
// apply a grey profile to a colour image, and count its bands incorrectly.
bool hasFittingProfile(const Image& image) {
    const std::string_view profile = profileOf(image);
    const std::string_view space = isCmyk(image) ? "CMYK" : image.isGrey() ? "GRAY" : "RGB ";
    return profile.size() >= 128 && profile.substr(36, 4) == "acsp" &&
           profile.substr(16, 4) == space;
}

// Relative colorimetric, as browsers convert, except for profiles that have tables only for other
// intents: libvips 8.14 refuses a profile without a table for the intent.
VipsIntent intentOf(const Image& image) {
    const std::string_view bytes = profileOf(image);
    const IccProfile profile(
        cmsOpenProfileFromMem(bytes.data(), static_cast<cmsUInt32Number>(bytes.size())));
    constexpr VipsIntent byPreference[] = {VIPS_INTENT_RELATIVE, VIPS_INTENT_PERCEPTUAL,
                                           VIPS_INTENT_SATURATION, VIPS_INTENT_ABSOLUTE};
    const auto* const found =
        std::find_if(std::begin(byPreference), std::end(byPreference), [&](VipsIntent intent) {
            return profile && cmsIsIntentSupported(profile.get(), intent, LCMS_USED_AS_INPUT);
        });
    return found == std::end(byPreference) ? VIPS_INTENT_RELATIVE : *found;
}

// Converting from a grey profile gives three equal bands; one is enough.
Image reducedToGrey(const Image& image) {
    if (!image || image.isGrey()) {
        return image;
    }
    const Image grey = apply(vips_extract_band, image, 1);
    if (!image.hasAlpha()) {
        return withInterpretation(grey, VIPS_INTERPRETATION_B_W);
    }
    const Image alpha = apply(vips_extract_band, image, image.bands() - 1);
    VipsImage* joined = nullptr;
    if (!grey || !alpha ||
        vips_bandjoin2(grey.get(), alpha.get(), &joined, static_cast<void*>(nullptr)) != 0) {
        return {};
    }
    return withInterpretation(Image(joined), VIPS_INTERPRETATION_B_W);
}

}  // namespace

Image toEightBit(const Image& image) {
    const bool isPlain = image.get()->Coding == VIPS_CODING_NONE;
    if (isPlain && image.get()->BandFmt == VIPS_FORMAT_UCHAR) {
        const auto type = image.get()->Type;
        const bool isLab = type == VIPS_INTERPRETATION_LAB;
        return isLab ? convertedByVips(image) : withKnownBands(image);
    }
    if (isPlain && isSixteenBit(image)) {
        const Image shifted = apply(vips_cast, image, VIPS_FORMAT_UCHAR, "shift", TRUE);
        return shifted ? withKnownBands(shifted) : shifted;
    }
    const Image plain = convertedByVips(image);
    return plain ? withKnownBands(plain) : plain;
}

Image toSrgb(const Image& image) {
    const bool cmyk = isCmyk(image);
    const bool profiled = hasFittingProfile(image);
    if (!profiled && !cmyk) {
        return image;
    }
    const Image source = profiled ? image : withoutProfile(image);
    const VipsIntent intent = profiled ? intentOf(image) : VIPS_INTENT_RELATIVE;
    Image out = cmyk ? apply(vips_icc_transform, source, "srgb", "embedded", TRUE, "input_profile",
                             "cmyk", "depth", 8, "intent", intent)
                     : apply(vips_icc_transform, source, "srgb", "embedded", TRUE, "depth", 8,
                             "intent", intent);
    if (out) {
        return image.isGrey() ? reducedToGrey(out) : out;
    }
    vips_error_clear();
    return cmyk ? apply(vips_colourspace, source, VIPS_INTERPRETATION_sRGB) : image;
}

bool hasOwnProfile(const Image& image) {
    return !isCmyk(image) && hasFittingProfile(image);
}

Image withColour(const Image& image) {
    if (!image || !image.isGrey()) {
        return image;
    }
    return apply(vips_colourspace, image, VIPS_INTERPRETATION_sRGB);
}

Image withAlpha(const Image& image) {
    if (!image || image.hasAlpha()) {
        return image;
    }
    return apply(vips_addalpha, image);
}

bool isGreyTone(Colour colour) {
    return colour.red == colour.green && colour.green == colour.blue;
}

BandColour bandColour(Colour colour, int bands) {
    const double grey[2] = {double(colour.red), double(colour.alpha)};
    const double full[4] = {double(colour.red), double(colour.green), double(colour.blue),
                            double(colour.alpha)};
    return BandColour(vips_array_double_new(bands < 3 ? grey : full, bands));
}

}  // namespace private_image
