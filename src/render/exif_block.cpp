// Exif 2.32; tag numbers as there.
#include "render/exif_block.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "render/tiff_directory.hpp"

namespace private_image {

namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

constexpr std::size_t headerLength = 8;
constexpr std::size_t entryLength = 12;
constexpr std::size_t inlineLength = 4;
constexpr std::size_t maxBlockLength = 1 << 20;

constexpr std::uint16_t typeShort = 3, typeLong = 4, typeRational = 5;

constexpr std::uint16_t imageWidth = 0x0100, imageLength = 0x0101, orientation = 0x0112,
                        xResolution = 0x011A, yResolution = 0x011B, resolutionUnit = 0x0128,
                        artist = 0x013B, copyright = 0x8298, exifPointer = 0x8769,
                        gpsPointer = 0x8825, colourSpace = 0xA001, pixelXDimension = 0xA002,
                        pixelYDimension = 0xA003, interoperabilityPointer = 0xA005;

// About pixels of the source, or their position in its file.
constexpr std::array<std::uint16_t, 18> staleTags{
    0x0102,  // BitsPerSample
    0x0103,  // Compression
    0x0106,  // PhotometricInterpretation
    0x0111,  // StripOffsets
    0x0115,  // SamplesPerPixel
    0x0116,  // RowsPerStrip
    0x0117,  // StripByteCounts
    0x011C,  // PlanarConfiguration
    0x0144,  // TileOffsets
    0x0145,  // TileByteCounts
    0x014A,  // SubIFDs
    0x0201,  // JPEGInterchangeFormat: a thumbnail
    0x0202,  // JPEGInterchangeFormatLength
    0x0212,  // YCbCrSubSampling
    0x02BC,  // XMP, as TIFF files hold it
    0x9102,  // CompressedBitsPerPixel
    0x9214,  // SubjectArea
    0xA214,  // SubjectLocation
};

// About the source's colours; InteropIndex can name Adobe RGB.
constexpr std::array<std::uint16_t, 7> colourTags{
    0x012D,  // TransferFunction
    0x013E,  // WhitePoint
    0x013F,  // PrimaryChromaticities
    0x0211,  // YCbCrCoefficients
    0x0214,  // ReferenceBlackWhite
    0xA500,  // Gamma
    interoperabilityPointer,
};

template <std::size_t N>
bool contains(const std::array<std::uint16_t, N>& tags, std::uint16_t tag) {
    return std::find(tags.begin(), tags.end(), tag) != tags.end();
}

bool isTiff(std::string_view text) {
    return text.starts_with("II*\0"sv) || text.starts_with("MM\0*"sv);
}

// HEIF and JPEG XL put the offset of the TIFF header before it (ISO/IEC 23008-12, A.2.1).
std::string_view withoutPrefix(std::string_view exif) {
    constexpr std::string_view mark = "Exif\0\0"sv;
    const auto unmarked = [&](std::string_view text) {
        return text.starts_with(mark) ? text.substr(mark.size()) : text;
    };
    const std::string_view text = unmarked(exif);
    return isTiff(text) || exif.size() < 4 ? text : unmarked(exif.substr(4));
}

bool isBlank(std::string_view value) {
    return value.find_first_not_of(" \0"sv) == value.npos;
}

std::string numberText(std::uint64_t value, std::size_t length, bool isBigEndian) {
    std::string text(length, '\0');
    for (std::size_t i = 0; i < length; ++i) {
        text[isBigEndian ? length - 1 - i : i] = static_cast<char>(value >> (8 * i) & 0xFF);
    }
    return text;
}

// A block of one directory.
std::string blockOf(const std::vector<const TiffEntry*>& entries, bool isBigEndian) {
    const auto number = [&](std::size_t value, std::size_t length) {
        return numberText(value, length, isBigEndian);
    };
    const std::size_t end = headerLength + 2 + entries.size() * entryLength + 4;
    std::string block = isBigEndian ? "MM\0*"s : "II*\0"s;
    std::string values;
    block += number(headerLength, 4) + number(entries.size(), 2);
    for (const TiffEntry* entry : entries) {
        if (entry->value.size() <= inlineLength) {
            block += entry->field;
            continue;
        }
        block += entry->field.substr(0, entryLength - inlineLength);
        block += number(end + values.size(), 4);
        values += entry->value;
        values.resize(values.size() + values.size() % 2);  // offsets are even
    }
    return block + number(0, 4) + values;
}

// Copies everything that the directories refer to; each byte keeps its offset in the block.
class BlockCopy {
public:
    BlockCopy(std::string_view block, const TiffFile& file, const ExifFacts& facts)
        : block_(block), file_(file), truth_(facts) {}

    // Empty if nothing is left to keep.
    std::string run() {
        constexpr std::uint16_t pointers[] = {exifPointer, gpsPointer};
        if (!addDirectory(file_.firstDirectory(), pointers)) {
            return {};
        }
        out_.assign(block_.substr(0, headerLength));
        copyValues();
        for (const auto& [offset, text] : written_) {
            write(offset, text);
        }
        return std::move(out_);
    }

private:
    bool addDirectory(std::uint64_t offset, std::span<const std::uint16_t> pointers);
    bool follow(const TiffEntry& entry, std::span<const std::uint16_t> pointers);
    std::optional<std::string> keptField(const TiffEntry& entry);
    std::optional<std::string> correctedField(const TiffEntry& entry) const;
    void correctDensity(const TiffEntry& entry);
    void copyValues();
    void write(std::uint64_t offset, std::string_view text);

    std::string field(std::uint16_t tag, std::uint16_t type, std::uint64_t value) const {
        return number(tag, 2) + number(type, 2) + number(1, 4) +
               (type == typeShort ? number(value, 2) + number(0, 2) : number(value, 4));
    }
    std::string number(std::uint64_t value, std::size_t length) const {
        return numberText(value, length, file_.isBigEndian());
    }
    std::size_t offsetOf(std::string_view part) const {
        return static_cast<std::size_t>(part.data() - block_.data());
    }

    struct Range {
        std::size_t begin, end;
    };

    std::string_view block_;
    const TiffFile& file_;
    const ExifFacts& truth_;
    std::vector<std::uint16_t> followed_;
    std::vector<Range> values_;
    std::vector<std::pair<std::uint64_t, std::string>> written_;  // after the values
    std::string out_;
};

std::optional<std::string> BlockCopy::correctedField(const TiffEntry& entry) const {
    switch (entry.tag) {
        case orientation:
            return field(entry.tag, typeShort, 1);
        case imageWidth:
        case pixelXDimension:
            return field(entry.tag, typeLong, truth_.size.width);
        case imageLength:
        case pixelYDimension:
            return field(entry.tag, typeLong, truth_.size.height);
        case colourSpace:
            return truth_.isSrgb ? std::optional(field(entry.tag, typeShort, 1)) : std::nullopt;
        case resolutionUnit:
            return truth_.dotsPerInch ? std::optional(field(entry.tag, typeShort, 2))
                                      : std::nullopt;
        default:
            return std::nullopt;
    }
}

void BlockCopy::correctDensity(const TiffEntry& entry) {
    constexpr double hundredths = 100;
    if (!truth_.dotsPerInch || (entry.tag != xResolution && entry.tag != yResolution) ||
        entry.type != typeRational || entry.value.size() != 8) {
        return;
    }
    const auto density = static_cast<std::uint64_t>(std::lround(*truth_.dotsPerInch * hundredths));
    written_.emplace_back(offsetOf(entry.value), number(density, 4) + number(100, 4));
}

// Reads each kind of directory once, so that references cannot form a loop.
bool BlockCopy::follow(const TiffEntry& entry, std::span<const std::uint16_t> pointers) {
    constexpr std::uint16_t interoperability[] = {interoperabilityPointer};
    const auto offset = file_.numberOf(entry);
    if (!offset || std::find(pointers.begin(), pointers.end(), entry.tag) == pointers.end() ||
        std::find(followed_.begin(), followed_.end(), entry.tag) != followed_.end()) {
        return false;
    }
    followed_.push_back(entry.tag);
    return addDirectory(*offset, entry.tag == exifPointer
                                     ? std::span<const std::uint16_t>(interoperability)
                                     : std::span<const std::uint16_t>());
}

std::optional<std::string> BlockCopy::keptField(const TiffEntry& entry) {
    if (entry.value.empty() || contains(staleTags, entry.tag) ||
        (truth_.isSrgb && contains(colourTags, entry.tag))) {
        return std::nullopt;
    }
    if (auto corrected = correctedField(entry)) {
        return corrected;
    }
    if (entry.value.size() > inlineLength) {
        const std::size_t begin = offsetOf(entry.value);
        values_.push_back({begin, begin + entry.value.size()});
        correctDensity(entry);
    }
    return std::string(entry.field);
}

bool BlockCopy::addDirectory(std::uint64_t offset, std::span<const std::uint16_t> pointers) {
    const auto directory = offset >= headerLength ? file_.directoryAt(offset) : std::nullopt;
    if (!directory) {
        return false;
    }
    std::string text;
    std::size_t count = 0;
    for (const TiffEntry& entry : directory->entries) {
        const bool isPointer = entry.tag == exifPointer || entry.tag == gpsPointer ||
                               entry.tag == interoperabilityPointer;
        const auto kept = isPointer && !follow(entry, pointers) ? std::nullopt : keptField(entry);
        if (kept) {
            text += *kept;
            ++count;
        }
    }
    // The list of directories ends here: the next one would be the thumbnail's.
    written_.emplace_back(offset, number(count, 2) + text + number(0, 4));
    return count > 0;
}

// Values may share bytes, so each byte is copied once.
void BlockCopy::copyValues() {
    std::sort(values_.begin(), values_.end(),
              [](const Range& one, const Range& other) { return one.begin < other.begin; });
    std::size_t done = 0;
    for (const auto& [begin, end] : values_) {
        const std::size_t from = std::max(begin, done);
        if (from < end) {
            write(from, block_.substr(from, end - from));
            done = end;
        }
    }
}

void BlockCopy::write(std::uint64_t offset, std::string_view text) {
    out_.resize(std::max<std::size_t>(out_.size(), offset + text.size()));
    std::copy(text.begin(), text.end(), out_.begin() + static_cast<std::ptrdiff_t>(offset));
}

std::size_t spaceFor(const TiffEntry& entry) {
    const std::size_t length = entry.value.size();
    return entryLength + (length > inlineLength ? length + length % 2 : 0);
}

}  // namespace

std::string exifCopyright(std::string_view exif) {
    const auto file = TiffFile::open(withoutPrefix(exif));
    const auto directory =
        file && !file->isBigTiff() ? file->directoryAt(file->firstDirectory()) : std::nullopt;
    if (!directory) {
        return {};
    }
    std::vector<const TiffEntry*> kept;
    std::size_t length = headerLength + 2 + 4;
    for (const std::uint16_t tag : {copyright, artist}) {
        const auto found = std::find_if(
            directory->entries.begin(), directory->entries.end(),
            [tag](const TiffEntry& entry) { return entry.tag == tag && !isBlank(entry.value); });
        if (found != directory->entries.end() && length + spaceFor(*found) <= maxExifLength) {
            length += spaceFor(*found);
            kept.insert(kept.begin(), &*found);  // TIFF sorts entries by tag
        }
    }
    return kept.empty() ? std::string() : blockOf(kept, file->isBigEndian());
}

std::string exifOfResult(std::string_view exif, const ExifFacts& facts) {
    const std::string_view block = withoutPrefix(exif);
    const auto file = TiffFile::open(block);
    if (!file || file->isBigTiff()) {
        return {};
    }
    std::string result;
    if (block.size() <= maxBlockLength) {
        result = BlockCopy(block, *file, facts).run();
    }
    const bool fits = block.size() <= maxBlockLength && result.size() <= maxExifLength;
    return fits ? result : exifCopyright(exif);
}

}  // namespace private_image
