// Formats that cannot hold the result are skipped; then the client's order counts.
#include "render/format_choice.hpp"

#include <algorithm>

#include "render/limits.hpp"

namespace private_image {

namespace {

// The largest side that libvips can address.
constexpr std::uint32_t maxVipsSide = 10'000'000;

std::uint32_t maxSideOf(Format format) {
    switch (format) {
        case Format::jpeg:
            return 65500;
        case Format::webp:
            return 16383;
        case Format::avif:
            return 16384;
        case Format::gif:
            return 65535;
        case Format::png:
        case Format::jxl:
        case Format::json:
            return maxVipsSide;
    }
    return 0;
}

Format familyFormat(const FormatQuestion& question) {
    const Format photograph = question.hasAlpha ? Format::png : Format::jpeg;
    switch (question.source) {
        case SourceType::jpeg:
            return question.isAutomatic ? photograph : Format::jpeg;
        case SourceType::png:
        case SourceType::svg:
            return Format::png;
        case SourceType::webp:
            return Format::webp;
        case SourceType::gif:
            return Format::gif;
        case SourceType::avif:
            return question.keepsProfile ? photograph : Format::avif;
        case SourceType::heic:
        case SourceType::tiff:
        case SourceType::jxl:
            return photograph;
    }
    return Format::jpeg;
}

bool suits(const FormatQuestion& question, Format format) {
    const bool isSlow = format == Format::avif &&
                        pixelCount(question.size.width, question.size.height, 1) > maxAutomaticAvif;
    return !isSlow && canHold(format, question.size) &&
           (!question.isAnimated || canAnimate(format)) &&
           (!question.hasAlpha || holdsAlpha(format)) &&
           (!question.keepsProfile || holdsProfile(format));
}

}  // namespace

bool canAnimate(Format format) {
    return format == Format::webp || format == Format::gif;
}

bool holdsAlpha(Format format) {
    return format != Format::jpeg;
}

bool holdsProfile(Format format) {
    return format == Format::jpeg || format == Format::png || format == Format::webp ||
           format == Format::jxl;
}

bool canHold(Format format, Size frame) {
    const std::uint32_t max = maxSideOf(format);
    return frame.width <= max && frame.height <= max;
}

Format chooseFormat(const FormatQuestion& question) {
    if (question.named) {
        return *question.named;
    }
    const auto& negotiated = question.negotiated;
    const auto found = std::find_if(negotiated.begin(), negotiated.end(),
                                    [&](Format format) { return suits(question, format); });
    if (found != negotiated.end()) {
        return *found;
    }
    if (question.isAnimated) {
        return question.source == SourceType::webp ? Format::webp : Format::gif;
    }
    return familyFormat(question);
}

}  // namespace private_image
