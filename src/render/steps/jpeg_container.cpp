// Replaces the EXIF and JFIF segments of a JPEG. ITU-T T.81, B.1.1: a segment is a marker, a length
// that includes itself, and content. Exif 2.32, 4.5.4: EXIF is in an APP1 segment. JFIF 1.02: its
// segment comes first.
#include "render/steps/jpeg_container.hpp"

#include <cstddef>
#include <string>
#include <utility>

#include "render/steps/encode.hpp"

namespace private_image {

namespace {

using namespace std::string_view_literals;

constexpr std::string_view exifMark = "Exif\0\0"sv;
constexpr std::string_view startOfImage = "\xFF\xD8"sv, applicationOne = "\xFF\xE1"sv;
constexpr char firstApplication = '\xE0', lastApplication = '\xEF';
constexpr std::size_t markerLength = 2, lengthLength = 2;

// The first segment if it is a complete application segment; otherwise empty.
std::string_view applicationSegment(std::string_view jpeg) {
    if (jpeg.size() < markerLength + lengthLength || jpeg[0] != '\xFF' ||
        jpeg[1] < firstApplication || jpeg[1] > lastApplication) {
        return {};
    }
    const std::size_t length = static_cast<std::size_t>(static_cast<unsigned char>(jpeg[2])) << 8 |
                               static_cast<unsigned char>(jpeg[3]);
    return jpeg.substr(0, length < lengthLength ? 0 : markerLength + length);
}

std::string bigEndian(std::size_t value) {
    return {static_cast<char>(value >> 8 & 0xFF), static_cast<char>(value & 0xFF)};
}

std::string exifSegment(std::string_view exif) {
    if (exif.empty()) {
        return {};
    }
    std::string segment(applicationOne);
    segment += bigEndian(lengthLength + exifMark.size() + exif.size());
    return segment.append(exifMark).append(exif);
}

std::string jfifSegment(std::optional<std::uint16_t> dotsPerInch) {
    if (!dotsPerInch) {
        return {};
    }
    const std::string density = bigEndian(*dotsPerInch);
    std::string segment("\xFF\xE0\0\x10JFIF\0\1\2\1"sv);              // version 1.02, dots per inch
    return segment.append(density).append(density).append("\0\0"sv);  // no thumbnail
}

bool isJfif(std::string_view segment) {
    return segment.starts_with("\xFF\xE0"sv);
}

bool isExif(std::string_view segment) {
    return segment.starts_with(applicationOne) &&
           segment.substr(markerLength + lengthLength).starts_with(exifMark);
}

}  // namespace

std::optional<EncodedBytes> withSegments(EncodedBytes jpeg, std::string_view exif,
                                         std::optional<std::uint16_t> dotsPerInch) {
    std::string_view rest(reinterpret_cast<const char*>(jpeg.data.get()), jpeg.size);
    if (!rest.starts_with(startOfImage)) {
        return jpeg;
    }
    rest.remove_prefix(startOfImage.size());
    std::string head(startOfImage), others;
    head.append(jfifSegment(dotsPerInch)).append(exifSegment(exif));
    bool isChanged = head.size() > startOfImage.size();
    for (auto segment = applicationSegment(rest); !segment.empty();
         segment = applicationSegment(rest)) {
        const bool isReplaced = isExif(segment) || isJfif(segment);
        isChanged = isChanged || isReplaced;
        others += isReplaced ? ""sv : segment;
        rest.remove_prefix(segment.size());
    }
    return isChanged ? bytesOf(head.append(others).append(rest)) : std::move(jpeg);
}

}  // namespace private_image
