// TIFF structures, as EXIF blocks and TIFF files are, in either byte order.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace private_image::pictures {

struct TiffField {
    std::uint16_t tag = 0, type = 2;
    std::uint32_t count = 0;
    std::string value;  // raw; of more than 4 bytes it stands outside of the directory
};

class TiffMaker {
public:
    explicit TiffMaker(bool isBigEndian)
        : isBigEndian_(isBigEndian),
          bytes_(isBigEndian ? std::string("MM\0*\0\0\0\0", 8) : std::string("II*\0\0\0\0\0", 8)) {}

    std::string number(std::uint64_t value, std::size_t length) const {
        std::string text;
        for (std::size_t i = 0; i < length; ++i) {
            text += static_cast<char>(value >> (8 * (isBigEndian_ ? length - 1 - i : i)) & 0xFF);
        }
        return text;
    }
    TiffField text(std::uint16_t tag, const std::string& value, std::uint16_t type = 2) const {
        return {tag, type, static_cast<std::uint32_t>(value.size()), value};
    }
    TiffField shorts(std::uint16_t tag, const std::vector<std::uint16_t>& values) const {
        TiffField field{tag, 3, static_cast<std::uint32_t>(values.size()), {}};
        for (std::uint16_t value : values) {
            field.value += number(value, 2);
        }
        return field;
    }
    TiffField longNumber(std::uint16_t tag, std::uint64_t value) const {
        return {tag, 4, 1, number(value, 4)};
    }
    TiffField rational(std::uint16_t tag, std::uint64_t above, std::uint64_t below) const {
        return {tag, 5, 1, number(above, 4) + number(below, 4)};
    }

    // Appends bytes; returns their offset.
    std::uint64_t add(const std::string& bytes) {
        const std::size_t at = bytes_.size();
        bytes_ += bytes;
        bytes_.resize(bytes_.size() + bytes_.size() % 2);
        return at;
    }

    // Appends a directory and its values; returns its offset. `next`: the directory after it.
    std::uint64_t addDirectory(const std::vector<TiffField>& fields, std::uint64_t next = 0) {
        std::string directory = number(fields.size(), 2);
        for (const TiffField& field : fields) {
            std::string last = field.value;
            if (last.size() > 4) {
                last = number(add(field.value), 4);
            }
            last.resize(4);
            directory +=
                number(field.tag, 2) + number(field.type, 2) + number(field.count, 4) + last;
        }
        return add(directory + number(next, 4));
    }

    // The file, whose first directory is at `first`.
    std::string file(std::uint64_t first) const {
        std::string bytes = bytes_;
        bytes.replace(4, 4, number(first, 4));
        return bytes;
    }

private:
    bool isBigEndian_;
    std::string bytes_;
};

}  // namespace private_image::pictures
