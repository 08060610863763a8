#include "render/tiff_directory.hpp"

#include <algorithm>

namespace private_image {

namespace {

using namespace std::string_view_literals;

// TIFF 6.0, section 2; 129 is EXIF 3.0's UTF-8; 13 and 16 to 18 are from libtiff and BigTIFF. 0:
// unknown type.
std::size_t sizeOfType(std::uint16_t type) {
    switch (type) {
        case 1:    // BYTE
        case 2:    // ASCII
        case 6:    // SBYTE
        case 7:    // UNDEFINED
        case 129:  // UTF-8
            return 1;
        case 3:  // SHORT
        case 8:  // SSHORT
            return 2;
        case 4:   // LONG
        case 9:   // SLONG
        case 11:  // FLOAT
        case 13:  // IFD
            return 4;
        case 5:   // RATIONAL
        case 10:  // SRATIONAL
        case 12:  // DOUBLE
        case 16:  // LONG8
        case 17:  // SLONG8
        case 18:  // IFD8
            return 8;
        default:
            return 0;
    }
}

bool isUnsignedNumber(std::uint16_t type) {
    return type == 3 || type == 4 || type == 13 || type == 16 || type == 18;
}

}  // namespace

std::optional<TiffFile> TiffFile::open(std::string_view bytes) {
    const bool isBigEndian = bytes.starts_with("MM");
    if (!isBigEndian && !bytes.starts_with("II")) {
        return std::nullopt;
    }
    const std::string_view version = bytes.substr(2, 2);
    const bool isBigTiff = version == (isBigEndian ? "\0\x2B"sv : "\x2B\0"sv);
    if (!isBigTiff && version != (isBigEndian ? "\0\x2A"sv : "\x2A\0"sv)) {
        return std::nullopt;
    }
    TiffFile file(bytes, isBigEndian, isBigTiff);
    const auto first = isBigTiff ? file.numberAt(8, 8) : file.numberAt(4, 4);
    if (!first) {
        return std::nullopt;
    }
    file.first_ = *first;
    return file;
}

std::uint64_t TiffFile::number(std::string_view raw) const {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < raw.size(); ++i) {
        const char byte = raw[isBigEndian_ ? i : raw.size() - 1 - i];
        value = value << 8 | static_cast<unsigned char>(byte);
    }
    return value;
}

std::optional<std::uint64_t> TiffFile::numberAt(std::uint64_t offset, std::size_t length) const {
    if (offset > bytes_.size() || length > bytes_.size() - offset) {
        return std::nullopt;
    }
    return number(bytes_.substr(offset, length));
}

std::optional<std::uint64_t> TiffFile::numberOf(const TiffEntry& entry, std::size_t index) const {
    const std::size_t size = sizeOfType(entry.type);
    if (!isUnsignedNumber(entry.type) || index >= entry.value.size() / size) {
        return std::nullopt;
    }
    return number(entry.value.substr(index * size, size));
}

// A value that fits into the entry's last bytes is stored there, any other at the offset in them.
TiffEntry TiffFile::entryOf(std::string_view field) const {
    const std::size_t width = isBigTiff_ ? 8 : 4;
    TiffEntry entry;
    entry.field = field;
    entry.tag = static_cast<std::uint16_t>(number(field.substr(0, 2)));
    entry.type = static_cast<std::uint16_t>(number(field.substr(2, 2)));
    const std::uint64_t count = number(field.substr(4, width));
    const std::string_view last = field.substr(4 + width, width);
    const std::size_t size = sizeOfType(entry.type);
    if (size == 0 || count > bytes_.size() / size) {
        return entry;
    }
    const std::size_t length = count * size;
    if (length <= width) {
        entry.value = last.substr(0, length);
        return entry;
    }
    const std::uint64_t offset = number(last);
    if (offset <= bytes_.size() && length <= bytes_.size() - offset) {
        entry.value = bytes_.substr(offset, length);
    }
    return entry;
}

std::optional<TiffDirectory> TiffFile::directoryAt(std::uint64_t offset) const {
    constexpr std::uint64_t maxEntries = 65535;
    const std::size_t countLength = isBigTiff_ ? 8 : 2, entryLength = isBigTiff_ ? 20 : 12;
    const auto count = numberAt(offset, countLength);
    if (offset == 0 || !count || *count > maxEntries) {
        return std::nullopt;
    }
    const std::uint64_t begin = offset + countLength;
    const std::uint64_t present = std::min(*count, (bytes_.size() - begin) / entryLength);
    TiffDirectory directory;
    directory.entries.reserve(present);
    for (std::uint64_t i = 0; i < present; ++i) {
        directory.entries.push_back(entryOf(bytes_.substr(begin + i * entryLength, entryLength)));
    }
    directory.next = numberAt(begin + *count * entryLength, isBigTiff_ ? 8 : 4).value_or(0);
    return directory;
}

}  // namespace private_image
