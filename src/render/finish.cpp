// Ends a render: joins the frames, removes their metadata and encodes them, or describes the image
// as JSON.
#include "render/finish.hpp"

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "render/steps/background.hpp"
#include "render/steps/encode.hpp"
#include "render/steps/frames.hpp"
#include "render/steps/metadata.hpp"
#include "transform/canonical.hpp"
#include "transform/names.hpp"

namespace private_image {

namespace {

constexpr Colour white{255, 255, 255, 255};

// The members are those of Cloudflare's format=json.
bool describe(RenderContext& context, const Canvas& canvas) {
    const RenderSource& source = canvas.source();
    const Size size = canvas.size();
    const Size original = source.upright();
    const nlohmann::ordered_json description{{"width", size.width},
                                             {"height", size.height},
                                             {"original",
                                              {{"width", original.width},
                                               {"height", original.height},
                                               {"file_size", context.input().source.size()},
                                               {"format", mediaType(source.type)}}}};
    auto bytes = bytesOf(description.dump());
    if (!bytes) {
        return context.fail(RenderProblem::internal, "memory for a description");
    }
    context.outcome().rendered = Rendered{std::move(*bytes), Format::json, size, 1};
    return true;
}

// A step may have chosen a format without animation.
std::uint32_t frameCount(const Canvas& canvas, Format format) {
    return canAnimate(format) ? static_cast<std::uint32_t>(canvas.frames().size()) : 1;
}

// In a TIFF file, copyright and artist are fields beside those of the pixels; only these two are
// kept.
std::string exifOf(const RenderSource& source, Metadata kept, const ExifFacts& facts) {
    if (source.type == SourceType::tiff && kept != Metadata::none) {
        return exifCopyright(
            {reinterpret_cast<const char*>(source.bytes.data()), source.bytes.size()});
    }
    return private_image::exifOf(source.image, kept, facts);
}

// Attaches the metadata and profile that the result may carry, and writes its EXIF to `options`.
Image withAttachments(const Image& plain, const Canvas& canvas, const Transform& transform,
                      Format format, EncodeOptions& options) {
    const RenderSource& source = canvas.source();
    Image image = withoutMetadata(plain);
    if (format == Format::jpeg) {
        const auto& density = transform.encoding.density;
        const bool isSrgb = !options.keepsProfile;
        options.exif = exifOf(source, transform.metadata, {canvas.size(), density, isSrgb});
        if (image && options.keepsFields) {
            image = withTexts(image, source.image,
                              {density.has_value(), isSrgb, source.type != SourceType::jpeg});
        }
    }
    if (image && options.keepsProfile) {
        image = withProfile(image, source.image);
    }
    if (image && transform.encoding.density) {
        image = withDensity(image, *transform.encoding.density);
    }
    const std::uint32_t count = frameCount(canvas, format);
    return image && count > 1 ? asAnimation(image, source.image, canvas.size().height,
                                            source.firstPage.value_or(0), count)
                              : image;
}

// If computing pixels fails or is stopped, libvips 8.14's WebP saver leaks the image that it
// encodes, including the source's decoder; repeated requests for a damaged picture would fill the
// memory. So the pixels are computed first, and the saver then runs without being stopped. The
// frames of an animation are in memory already; stopping their encoding would leak them, and
// clients can cause that by disconnecting.
Image computed(const RenderContext& context, const Image& image, Format format,
               std::uint32_t count) {
    if (format != Format::webp) {
        return image;
    }
    Image pixels = count > 1 ? image : context.watch().computePixels(image);
    if (pixels) {
        vips_image_set_progress(pixels.get(), FALSE);
    }
    return pixels;
}

bool encodeResult(RenderContext& context, Canvas& canvas, Format format) {
    const Transform& transform = context.result();
    const Size size = canvas.size();
    const std::uint32_t count = frameCount(canvas, format);
    if (!canHold(format, size) || pixelCount(1, size.height, count) > maxRows) {
        return context.fail(RenderProblem::outputTooLarge, "the format cannot hold " +
                                                               std::to_string(size.width) + "x" +
                                                               std::to_string(size.height));
    }
    if (!context.mayGoOn()) {
        return false;
    }
    Image image = count > 1 ? joinFrames(canvas.frames()) : canvas.frames().front();
    if (image && !holdsAlpha(format)) {
        image = drawOn(image, white);
    }
    EncodeOptions options =
        encodeOptions(format, context.settings().encoders[static_cast<std::size_t>(format)],
                      transform.encoding, size);
    options.keepsFields = format == Format::jpeg && transform.metadata == Metadata::keep;
    options.keepsProfile = image && canvas.hasOwnProfile() && holdsProfile(format) &&
                           image.isGrey() == canvas.source().image.isGrey();
    image = image ? withAttachments(image, canvas, transform, format, options) : image;
    image = computed(context, image, format, count);
    auto bytes = image ? encode(image, format, options) : std::nullopt;
    if (!bytes) {
        return canvas.failOfPixels("encoding");
    }
    context.outcome().rendered = Rendered{std::move(*bytes), format, size, count};
    return true;
}

}  // namespace

Format resultFormat(const RenderContext& context, const RenderSource& source, bool hasAlpha,
                    Size size) {
    const Transform& transform = context.result();
    const auto& negotiated = context.input().negotiated;
    FormatQuestion question;
    question.source = source.type;
    question.hasAlpha = hasAlpha;
    question.isAnimated = source.frames > 1;
    question.keepsProfile = transform.encoding.keepsProfile;
    question.size = size;
    switch (transform.formatChoice) {
        case FormatChoice::named:
            question.named = transform.format;
            break;
        case FormatChoice::unnamed:
            question.named = context.settings().format;
            question.negotiated = negotiated;
            question.isAutomatic = !negotiated.empty();
            break;
        case FormatChoice::automatic:
            question.negotiated = negotiated;
            question.isAutomatic = true;
            break;
        case FormatChoice::source:
            break;
    }
    return chooseFormat(question);
}

bool finishRender(RenderContext& context, Canvas& canvas, Format format) {
    return format == Format::json ? describe(context, canvas)
                                  : encodeResult(context, canvas, format);
}

}  // namespace private_image
