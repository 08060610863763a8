// Bounds come first: offsets and lengths have up to 64 bits, and their sums may not wrap.
#include "render/heif/item_locations.hpp"

#include <numeric>

#include "render/heif/bit_reader.hpp"

namespace private_image {

namespace {

constexpr std::uint64_t freeReuse = 16 << 20;  // equal tiles share their data

std::uint64_t lengthOf(const HeifPlace& place) {
    return std::accumulate(
        place.extents.begin(), place.extents.end(), std::uint64_t(0),
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

class Places {
public:
    Places(std::string_view content, std::string_view file, std::string_view header)
        : reader_(content), file_(file), header_(header) {}

    std::optional<std::vector<HeifPlace>> read() {
        if (!readLayout()) {
            return std::nullopt;
        }
        const std::uint64_t count = reader_.read(layout_.identifier);
        if (count > maxPlaces) {
            return std::nullopt;
        }
        for (std::uint64_t i = 0; i < count; ++i) {
            if (!readPlace()) {
                return std::nullopt;
            }
        }
        return std::move(places_);
    }

private:
    bool readLayout();
    bool readPlace();
    bool readExtent(std::string_view data, std::uint64_t base, HeifPlace& place);

    BitReader reader_;
    std::string_view file_, header_;
    Layout layout_;
    std::vector<HeifPlace> places_;
    std::size_t extents_ = 0;
    std::uint64_t length_ = 0;
};

bool Places::readLayout() {
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
    // libheif takes only the second version's for an index.
    return version == 2 || (version < 2 && layout_.index == 0);
}

bool Places::readPlace() {
    HeifPlace place;
    place.item = reader_.read(layout_.identifier);
    const std::uint64_t method = layout_.hasMethod ? reader_.read(16) & 15 : 0;
    reader_.read(16);
    const std::uint64_t base = reader_.read(layout_.base);
    const std::uint64_t count = reader_.read(16);
    extents_ += count;
    if (reader_.hasFailed() || method > 1 || count > maxExtentsOfItem || extents_ > maxExtents) {
        return false;
    }
    for (std::uint64_t i = 0; i < count; ++i) {
        if (!readExtent(method == 1 ? header_ : file_, base, place)) {
            return false;
        }
    }
    const std::uint64_t length = lengthOf(place);
    length_ += length;
    places_.push_back(std::move(place));
    return !reader_.hasFailed() && length <= file_.size() &&
           length_ <= 2 * std::uint64_t(file_.size()) + freeReuse;
}

bool Places::readExtent(std::string_view data, std::uint64_t base, HeifPlace& place) {
    reader_.read(layout_.index);
    const std::uint64_t offset = reader_.read(layout_.offset);
    const std::uint64_t length = reader_.read(layout_.length);
    if (base > data.size() || offset > data.size() - base || length > data.size() - base - offset) {
        return false;
    }
    place.extents.push_back(data.substr(base + offset, length));
    return true;
}

}  // namespace

std::optional<std::vector<HeifPlace>> readHeifPlaces(std::string_view content,
                                                     std::string_view file,
                                                     std::string_view header) {
    return Places(content, file, header).read();
}

}  // namespace private_image
