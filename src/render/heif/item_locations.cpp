// Offsets and lengths have up to 64 bits: they are compared before they are added, so that no sum
// overflows.
#include "render/heif/item_locations.hpp"

#include <numeric>

#include "render/heif/bit_reader.hpp"

namespace private_image {

namespace {

constexpr std::uint64_t freeReuse = 16 << 20;  // bytes: equal tiles share their data

std::uint64_t lengthOf(const HeifItemLocation& location) {
    return std::accumulate(
        location.extents.begin(), location.extents.end(), std::uint64_t(0),
        [](std::uint64_t sum, std::string_view each) { return sum + each.size(); });
}

// The sizes of numbers, in bits.
struct Layout {
    unsigned identifier = 16;
    unsigned offset = 0, length = 0, base = 0, index = 0;
    bool hasMethod = false;
};

bool isSize(unsigned bits) {
    return bits == 0 || bits == 32 || bits == 64;
}

class LocationReader {
public:
    LocationReader(std::string_view content, std::string_view file, std::string_view header)
        : reader_(content), file_(file), header_(header) {}

    std::optional<std::vector<HeifItemLocation>> read() {
        if (!readLayout()) {
            return std::nullopt;
        }
        const std::uint64_t count = reader_.read(layout_.identifier);
        if (count > maxLocations) {
            return std::nullopt;
        }
        for (std::uint64_t i = 0; i < count; ++i) {
            if (!readLocation()) {
                return std::nullopt;
            }
        }
        return std::move(locations_);
    }

private:
    bool readLayout();
    bool readLocation();
    bool readExtent(std::string_view data, std::uint64_t base, HeifItemLocation& location);

    BitReader reader_;
    std::string_view file_, header_;
    Layout layout_;
    std::vector<HeifItemLocation> locations_;
    std::size_t extents_ = 0;
    std::uint64_t length_ = 0;
};

bool LocationReader::readLayout() {
    const std::uint64_t version = reader_.read(8);
    reader_.read(24);
    layout_.identifier = version < 2 ? 16 : 32;
    layout_.hasMethod = version > 0;
    for (unsigned* bits : {&layout_.offset, &layout_.length, &layout_.base, &layout_.index}) {
        *bits = 8 * static_cast<unsigned>(reader_.read(4));
        if (!isSize(*bits)) {
            return false;
        }
    }
    // libheif reads an index only in version 2.
    return version == 2 || (version < 2 && layout_.index == 0);
}

bool LocationReader::readLocation() {
    HeifItemLocation location;
    location.item = reader_.read(layout_.identifier);
    const std::uint64_t method = layout_.hasMethod ? reader_.read(16) & 15 : 0;
    reader_.read(16);
    const std::uint64_t base = reader_.read(layout_.base);
    const std::uint64_t count = reader_.read(16);
    extents_ += count;
    if (reader_.hasFailed() || method > 1 || count > maxExtentsOfItem || extents_ > maxExtents) {
        return false;
    }
    for (std::uint64_t i = 0; i < count; ++i) {
        if (!readExtent(method == 1 ? header_ : file_, base, location)) {
            return false;
        }
    }
    const std::uint64_t length = lengthOf(location);
    length_ += length;
    locations_.push_back(std::move(location));
    return !reader_.hasFailed() && length <= file_.size() &&
           length_ <= 2 * std::uint64_t(file_.size()) + freeReuse;
}

bool LocationReader::readExtent(std::string_view data, std::uint64_t base,
                                HeifItemLocation& location) {
    reader_.read(layout_.index);
    const std::uint64_t offset = reader_.read(layout_.offset);
    const std::uint64_t length = reader_.read(layout_.length);
    if (base > data.size() || offset > data.size() - base || length > data.size() - base - offset) {
        return false;
    }
    location.extents.push_back(data.substr(base + offset, length));
    return true;
}

}  // namespace

std::optional<std::vector<HeifItemLocation>> readHeifItemLocations(std::string_view content,
                                                                   std::string_view file,
                                                                   std::string_view header) {
    return LocationReader(content, file, header).read();
}

}  // namespace private_image
