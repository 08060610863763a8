// Reads the properties of an item. If an item has several configurations, libheif uses the first;
// if it has several sizes, the last.
#include "render/heif/item_properties.hpp"

#include <algorithm>

#include "render/heif/bit_reader.hpp"

namespace private_image {

namespace {

constexpr int maxTransformations = 3;  // each copies the whole picture

bool addSize(std::string_view content, HeifItem& item) {
    BitReader reader(content);
    reader.read(32);
    const auto width = static_cast<std::uint32_t>(reader.read(32));
    const Size size{width, static_cast<std::uint32_t>(reader.read(32))};
    const bool isNew = !item.declared || *item.declared == size;
    item.declared = size;
    return isNew && !reader.hasFailed();
}

// The names of an alpha channel that libheif knows: of AVC, HEVC and MIAF (ISO/IEC 23000-22).
bool isAlphaType(std::string_view content) {
    constexpr std::size_t header = 4;
    const std::string_view text = content.substr(std::min(header, content.size()));
    const std::string_view name = text.substr(0, text.find('\0'));
    return name == "urn:mpeg:avc:2015:auxid:1" || name == "urn:mpeg:hevc:2015:auxid:1" ||
           name == "urn:mpeg:mpegB:cicp:systems:auxiliary:alpha";
}

// ISO/IEC 14496-12, 12.1.4: a width, a height and two signed offsets, all fractions. libheif halves
// large numerators and divisors, in the end to a divisor of 0, so large values are refused.
// Pictures are at most 16384 pixels wide.
bool isCutSafely(std::string_view content) {
    constexpr std::int64_t maxLength = 16384, maxDivisor = 1000;
    BitReader reader(content);
    bool isSafe = true;
    for (int fraction = 0; fraction < 4; ++fraction) {
        const std::int64_t number = static_cast<std::int32_t>(reader.read(32));
        const auto divisor = static_cast<std::int64_t>(reader.read(32));
        const bool isLength = fraction < 2;
        const std::int64_t max = isLength ? maxLength : maxLength / 2;
        isSafe = isSafe && divisor >= 1 && divisor <= maxDivisor && number <= max * divisor &&
                 number >= (isLength ? 1 : -max * divisor);
    }
    return isSafe && !reader.hasFailed();
}

}  // namespace

std::string_view addProperty(const HeifBox& property, HeifItem& item) {
    const std::string_view content = property.content;
    if (property.type == "ispe" && !addSize(content, item)) {
        return "declares two sizes for an item";
    }
    if (property.type == "av1C" && !item.av1Configuration) {
        constexpr std::size_t header = 4;
        if (content.size() < header) {
            return "has an incomplete decoder configuration";
        }
        item.av1Configuration = content.substr(header);
    }
    if (property.type == "hvcC" && !item.hevcConfiguration) {
        item.hevcConfiguration = content;
    }
    if (property.type == "clap" && !isCutSafely(content)) {
        return "has an invalid crop";
    }
    if (property.type == "colr" && content.starts_with("nclx") && item.colours.empty()) {
        item.colours = content.substr(4);
    }
    if (property.type == "auxC") {
        item.hasAuxiliaryType = true;
        item.isAlpha = item.isAlpha || isAlphaType(content);
    }
    item.transformationCount +=
        property.type == "clap" || property.type == "irot" || property.type == "imir";
    return item.transformationCount > maxTransformations
               ? "is rotated, mirrored or cropped more than three times"
               : "";
}

}  // namespace private_image
