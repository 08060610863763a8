// What a door keeps with an object of a bucket in addition to its bytes: the mark and a JSON text
// of details, as user metadata.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace private_image {

// Stores limit all names and values of metadata together, AWS to 2 KB, and each value: Swift to 256
// bytes. The longest JSON text that fits.
inline constexpr std::size_t maxObjectDetails = 1380;  // bytes
inline constexpr std::size_t maxObjectName = 1024;     // bytes

struct MetadataHeader {
    std::string name;  // in lower case: x-amz-meta-…
    std::string value;
};

// The mark is always written, also that of a public image. `details` has at most maxObjectDetails
// bytes.
std::vector<MetadataHeader> metadataOf(bool isPrivate, std::string_view details);

// Reads an object's details back, header by header in any order. Other headers are skipped.
class MetadataReader {
public:
    void add(std::string_view name, std::string_view value);

    // Empty where the object has none, or where they are not what metadataOf() has written.
    std::string details() const;

private:
    std::array<std::string, 8> parts_;
};

}  // namespace private_image
