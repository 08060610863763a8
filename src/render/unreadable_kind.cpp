// Kinds that libjpeg-turbo 2.1, libpng 1.6, libtiff 4.5 and libvips 8.14 cannot decode.
#include "render/unreadable_kind.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "render/jpeg_segments.hpp"
#include "render/steps/heif_container.hpp"

namespace private_image {

namespace {

using namespace std::string_view_literals;

// ------------------------------------------------------------------ JPEG

// libjpeg-turbo decodes baseline, extended and progressive JPEG with Huffman coding (SOF0 to SOF2),
// and extended and progressive JPEG with arithmetic coding (SOF9 and SOF10).
std::string_view jpegKind(std::string_view file) {
    constexpr std::uint8_t jpegLs = 0xF7;
    constexpr std::array<std::uint8_t, 5> readable{0xC0, 0xC1, 0xC2, 0xC9, 0xCA};
    JpegSegments segments(file);
    while (const auto segment = segments.next()) {
        if (segment->marker == jpegLs) {
            return "a JPEG-LS file"sv;
        }
        if (segment->marker == startOfScan) {
            break;
        }
        if (!isFrameHeader(segment->marker)) {
            continue;
        }
        if (std::find(readable.begin(), readable.end(), segment->marker) == readable.end()) {
            return "a lossless or hierarchical JPEG"sv;
        }
        const bool isDeep = !segment->content.empty() && segment->content.front() != 8;
        return isDeep ? "a JPEG of more than 8 bits"sv : ""sv;
    }
    return {};
}

// ------------------------------------------------------------------ PNG

// PNG, 5.4 and 13.2: a decoder must understand every chunk whose name begins with a capital.
std::string_view pngKind(std::string_view file) {
    constexpr std::array known{"IHDR"sv, "PLTE"sv, "IDAT"sv, "IEND"sv};
    constexpr std::size_t signature = 8, chunkOverhead = 12;
    for (std::size_t at = signature; file.size() - std::min(at, file.size()) >= chunkOverhead;) {
        std::uint64_t length = 0;
        for (const char byte : file.substr(at, 4)) {
            length = length << 8 | static_cast<std::uint8_t>(byte);
        }
        const std::string_view name = file.substr(at + 4, 4);
        const bool isName = std::all_of(name.begin(), name.end(), [](char c) {
            return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        });
        if (!isName || length > file.size() - at - chunkOverhead) {
            return {};
        }
        const bool isCritical = name.front() <= 'Z';
        if (isCritical && std::find(known.begin(), known.end(), name) == known.end()) {
            return "a PNG with a critical chunk of another standard"sv;
        }
        at += chunkOverhead + length;
    }
    return {};
}

// ------------------------------------------------------------------ TIFF

// TIFF 6.0, section 2, and BigTIFF, whose offsets and counts have 64 bits.
class TiffPage {
public:
    // Empty if the directory is incomplete.
    static std::optional<TiffPage> find(std::string_view file, std::uint32_t page);

    // The values of a field, or `absent` if the page has no such field. Empty if the field extends
    // beyond the file or is longer than the maximum.
    struct Values {
        std::array<std::uint64_t, 8> all{};
        std::size_t count = 0;

        bool areEqual() const {
            return std::all_of(all.begin(), all.begin() + std::ptrdiff_t(count),
                               [this](std::uint64_t each) { return each == all.front(); });
        }
    };
    Values values(std::uint64_t tag, std::uint64_t absent) const;

private:
    TiffPage(std::string_view file) : file_(file) {}

    bool open();
    bool readDirectory(std::uint64_t at);
    std::optional<std::uint64_t> number(std::uint64_t at, std::size_t size) const;

    std::string_view file_;
    bool isBig_ = false, isLittle_ = false;
    std::uint64_t first_ = 0;  // offset of the first directory
    std::uint64_t entries_ = 0,
                  count_ = 0;  // of the current directory: offset and number of entries
    std::uint64_t next_ = 0;
};

std::optional<std::uint64_t> TiffPage::number(std::uint64_t at, std::size_t size) const {
    if (at > file_.size() || size > file_.size() - at) {
        return std::nullopt;
    }
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < size; ++i) {
        const std::size_t place = isLittle_ ? size - 1 - i : i;
        value = value << 8 | static_cast<std::uint8_t>(file_[at + place]);
    }
    return value;
}

bool TiffPage::open() {
    isLittle_ = file_.starts_with("II");
    isBig_ = number(2, 2) == 43;
    const auto first = isBig_ ? number(8, 8) : number(4, 4);
    first_ = first.value_or(0);
    return first.has_value();
}

bool TiffPage::readDirectory(std::uint64_t at) {
    const std::uint64_t entry = isBig_ ? 20 : 12;
    const auto count = number(at, isBig_ ? 8 : 2);
    if (at == 0 || !count || *count > file_.size() / entry) {
        return false;
    }
    count_ = *count;
    entries_ = at + (isBig_ ? 8 : 2);
    const auto next = number(entries_ + entry * count_, isBig_ ? 8 : 4);
    next_ = next.value_or(0);
    return next.has_value();
}

std::optional<TiffPage> TiffPage::find(std::string_view file, std::uint32_t page) {
    TiffPage found(file);
    if (!found.open() || !found.readDirectory(found.first_)) {
        return std::nullopt;
    }
    for (; page > 0; --page) {
        if (!found.readDirectory(found.next_)) {
            return std::nullopt;
        }
    }
    return found;
}

TiffPage::Values TiffPage::values(std::uint64_t tag, std::uint64_t absent) const {
    constexpr std::uint64_t shortType = 3, longType = 4;
    Values values{{absent}, 1};
    const std::uint64_t entry = isBig_ ? 20 : 12, countSize = isBig_ ? 8 : 4;
    for (std::uint64_t at = entries_; at < entries_ + entry * count_; at += entry) {
        if (number(at, 2) != tag) {
            continue;
        }
        const auto type = number(at + 2, 2);
        const std::size_t size = type == shortType ? 2 : 4;
        const std::uint64_t count = number(at + 4, countSize).value_or(0);
        const std::uint64_t inside = at + 4 + countSize;
        if ((type != shortType && type != longType) || count == 0) {
            return values;
        }
        values.count = std::min<std::uint64_t>(count, values.all.size());
        const std::uint64_t where =
            count <= countSize / size ? inside : number(inside, countSize).value_or(file_.size());
        for (std::size_t i = 0; i < values.count; ++i) {
            values.all[i] = number(where + i * size, size).value_or(absent);
        }
        return values;
    }
    return values;
}

// No compression, CCITT, LZW, JPEG, Deflate, PackBits, and the other methods that Debian's libtiff
// supports.
bool isReadableCompression(std::uint64_t compression) {
    constexpr std::array<std::uint64_t, 18> readable{1,     2,     3,     4,     5,     7,
                                                     8,     32766, 32771, 32773, 32809, 32909,
                                                     32946, 34661, 34676, 34677, 34925, 50000};
    constexpr std::uint64_t webp = 50001;
    return compression == webp ||
           std::find(readable.begin(), readable.end(), compression) != readable.end();
}

// Samples have 8, 16 or 32 bits, and 32 bits may be floating point. A single sample may also have
// 1, 2 or 4 bits.
bool isReadableSample(std::uint64_t bits, std::uint64_t format, std::uint64_t samples) {
    constexpr std::uint64_t unsignedNumber = 1, signedNumber = 2, floating = 3, untyped = 4;
    if (bits == 1 || bits == 2 || bits == 4) {
        return samples == 1;
    }
    if (format == floating) {
        return bits == 32;
    }
    return (bits == 8 || bits == 16 || bits == 32) &&
           (format == unsignedNumber || format == signedNumber || format == untyped);
}

std::string_view tiffKind(std::string_view file, std::uint32_t page) {
    constexpr std::uint64_t bitsPerSample = 258, compression = 259, photometric = 262,
                            samplesPerPixel = 277, sampleFormat = 339, subsampling = 530;
    constexpr std::uint64_t maxSamples = 64;  // more samples do not form a picture
    constexpr std::uint64_t jpeg = 7, ycc = 6, logLuv = 32845, sgiLog = 34676, sgiLog24 = 34677;
    const auto found = TiffPage::find(file, page);
    if (!found) {
        return {};
    }
    const std::uint64_t packed = found->values(compression, 1).all.front();
    const std::uint64_t colour = found->values(photometric, 1).all.front();
    const auto bits = found->values(bitsPerSample, 1);
    const auto formats = found->values(sampleFormat, 1);
    const std::uint64_t samples = found->values(samplesPerPixel, 1).all.front();
    if (samples > maxSamples) {
        return {};
    }
    if (!isReadableCompression(packed)) {
        return "a TIFF with an unsupported compression"sv;
    }
    if (!bits.areEqual() || !formats.areEqual() ||
        !isReadableSample(bits.all.front(), formats.all.front(), samples)) {
        return "a TIFF with unsupported samples"sv;
    }
    const auto sampling = found->values(subsampling, 2);
    const bool isSubsampled = sampling.count != 2 || sampling.all[0] != 1 || sampling.all[1] != 1;
    if ((colour == ycc && packed != jpeg && isSubsampled) ||
        (colour == logLuv && packed != sgiLog && packed != sgiLog24)) {
        return "a TIFF with unsupported colours"sv;
    }
    return {};
}

}  // namespace

std::string_view unreadableKind(SourceType type, std::span<const unsigned char> bytes,
                                std::uint32_t page) {
    const std::string_view file(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    switch (type) {
        case SourceType::jpeg:
            return jpegKind(file);
        case SourceType::png:
            return pngKind(file);
        case SourceType::tiff:
            return tiffKind(file, page);
        case SourceType::avif:
            return holdsCodec(bytes, HeifCodec::hevc) ? "an AVIF file that holds HEVC"sv : ""sv;
        case SourceType::heic:
            return holdsCodec(bytes, HeifCodec::av1) ? "a HEIC file that holds AV1"sv : ""sv;
        case SourceType::webp:
        case SourceType::gif:
        case SourceType::svg:
        case SourceType::jxl:
            return {};
    }
    return {};
}

}  // namespace private_image
