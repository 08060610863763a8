// The directories of a TIFF file (TIFF 6.0, and BigTIFF with its 64-bit offsets). An EXIF block has
// the same form. The bytes may be hostile.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace private_image {

struct TiffEntry {
    std::uint16_t tag = 0;
    std::uint16_t type = 0;
    std::string_view field;  // the whole entry, as in its directory
    // Raw, in the file's byte order. Empty if the type is unknown or the value extends beyond the
    // end of the file.
    std::string_view value;
};

struct TiffDirectory {
    std::vector<TiffEntry> entries;  // at most 65535; those beyond the end of the file are missing
    std::uint64_t next = 0;          // offset of the next directory; 0: none
};

class TiffFile {
public:
    // Empty if the bytes do not begin as a TIFF file. `bytes` must outlive the result.
    static std::optional<TiffFile> open(std::string_view bytes);

    bool isBigEndian() const { return isBigEndian_; }
    bool isBigTiff() const { return isBigTiff_; }
    std::uint64_t firstDirectory() const { return first_; }

    // Empty if there is no directory at that offset.
    std::optional<TiffDirectory> directoryAt(std::uint64_t offset) const;

    // An unsigned number of up to 8 bytes, in the file's byte order.
    std::uint64_t number(std::string_view raw) const;

    // A SHORT, LONG, IFD or their 64-bit forms: the value at `index`. Empty for other types.
    std::optional<std::uint64_t> numberOf(const TiffEntry& entry, std::size_t index = 0) const;

private:
    TiffFile(std::string_view bytes, bool isBigEndian, bool isBigTiff)
        : bytes_(bytes), isBigEndian_(isBigEndian), isBigTiff_(isBigTiff) {}
    std::optional<std::uint64_t> numberAt(std::uint64_t offset, std::size_t length) const;
    TiffEntry entryOf(std::string_view field) const;

    std::string_view bytes_;
    bool isBigEndian_, isBigTiff_;
    std::uint64_t first_ = 0;
};

}  // namespace private_image
