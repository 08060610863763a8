// Counts pixels as libheif 1.15 would decode them: each tile of a grid as often as it is used, and
// each layer of an overlay. Refuses what libheif might decode but this check cannot follow.
#include "render/heif/container_check.hpp"

#include <algorithm>
#include <string>

#include "render/heif/bit_reader.hpp"
#include "render/heif/coded_picture.hpp"
#include "render/heif/items.hpp"
#include "render/limits.hpp"

namespace private_image {

namespace {

constexpr int maxVisits = 200'000;  // of items; a tile is visited as often as it is used
constexpr int maxDepth = 4;         // enough for an overlay of grids of tiles

bool isDerived(std::string_view type) {
    return type == "grid" || type == "iovl" || type == "iden";
}

// libheif 1.15 decodes no "hev1", but newer ones may.
bool isHevc(std::string_view type) {
    return type == "hvc1" || type == "hev1";
}

bool isPicture(std::string_view type) {
    return isDerived(type) || isHevc(type) || type == "av01";
}

// libheif decodes no depth maps or gain maps, nor an alpha channel without a declared size if the
// picture has one. An auxiliary item without a type counts as alpha.
bool isAlpha(const HeifItem& auxiliary, const HeifItem& picture) {
    return (auxiliary.isAlpha || !auxiliary.hasAuxiliaryType) && isPicture(auxiliary.type) &&
           (auxiliary.declared || !picture.declared);
}

std::string joined(const HeifItem& item, std::string all = {}) {
    for (std::string_view extent : item.extents) {
        all += extent;
    }
    return all;
}

// The decoder receives the configuration and the data as one stream.
std::optional<CodedPicture> codedPicture(const HeifItem& item) {
    if (!isHevc(item.type)) {
        return item.av1Configuration ? av1Picture(joined(item, std::string(*item.av1Configuration)))
                                     : std::nullopt;
    }
    auto headers =
        item.hevcConfiguration ? hevcConfiguration(*item.hevcConfiguration) : std::nullopt;
    return headers ? hevcPicture(joined(item, std::move(*headers))) : std::nullopt;
}

// Encoders pad the last blocks of a picture, or the last tiles of a grid, by less than 64 pixels:
// such padding is not counted.
bool isPadded(Size stored, Size visible) {
    constexpr std::uint32_t block = 64;
    return visible.width <= stored.width && visible.height <= stored.height &&
           stored.width - visible.width < block && stored.height - visible.height < block;
}

std::uint64_t pixelsOf(Size size) {
    return pixelCount(size.width, size.height, 1);
}

struct Derivation {
    std::uint64_t rows = 0, columns = 0;  // of a grid
    Size size;
};

// ISO/IEC 23008-12, 6.6.2: the description of a grid or an overlay.
std::optional<Derivation> readDerivation(const HeifItem& item) {
    constexpr std::size_t maxLength = 18;
    std::string data;
    for (std::string_view extent : item.extents) {
        data += extent.substr(0, maxLength - std::min(maxLength, data.size()));
    }
    BitReader reader(data);
    Derivation derivation;
    reader.read(8);
    const unsigned bits = reader.read(8) & 1 ? 32 : 16;
    if (item.type == "grid") {
        derivation.rows = reader.read(8) + 1;
        derivation.columns = reader.read(8) + 1;
    } else {
        reader.read(64);  // a colour
    }
    derivation.size.width = static_cast<std::uint32_t>(reader.read(bits));
    derivation.size.height = static_cast<std::uint32_t>(reader.read(bits));
    return reader.hasFailed() ? std::nullopt : std::optional(derivation);
}

class PixelCount {
public:
    explicit PixelCount(const HeifFile& file)
        : file_(file), coded_(file.items.size()), isCodedRead_(file.items.size(), false) {}

    HeifVerdict run(bool asksForPage);

private:
    enum class Role : std::uint8_t { picture, auxiliary };

    bool refuse(std::string_view refusal, HeifProblem problem = HeifProblem::damaged) {
        verdict_.refusal = refusal;
        verdict_.problem = problem;
        return false;
    }
    bool contradict(std::string_view refusal) { return refuse(refusal, HeifProblem::contradicts); }

    bool isPage(const HeifItem& item) const {
        return isPicture(item.type) && !item.isHidden && !item.isThumbnail;
    }
    bool measurePage(std::size_t index);
    bool hasAlpha(const HeifItem& item) const;

    bool mayVisit() { return ++visits_ <= maxVisits; }
    bool measure(std::size_t index, int depth, Role role, std::uint64_t& pixels);
    bool measureCoded(std::size_t index, bool isOnlyPicture, std::uint64_t& pixels);
    bool measureDerived(const HeifItem& item, int depth, Role role, std::uint64_t& pixels);
    bool measureSources(const HeifItem& item, int depth, Role role, std::uint64_t& pixels);
    std::optional<Size> sizeOfTiles(const HeifItem& grid, const Derivation& derivation);

    const HeifFile& file_;
    std::vector<std::optional<CodedPicture>> coded_;
    std::vector<bool> isCodedRead_;
    int visits_ = 0;
    HeifVerdict verdict_;
};

// libvips decodes the primary item, or another one if libheif does not count it as a page.
HeifVerdict PixelCount::run(bool asksForPage) {
    const HeifItem& primary = file_.items[*file_.primary];
    if (!isPicture(primary.type)) {
        refuse("holds a picture of an unsupported type", HeifProblem::unsupported);
    } else if (!isPage(primary) || primary.isAuxiliary) {
        refuse("names a thumbnail or an alpha channel as its picture");
    } else if (!asksForPage) {
        measurePage(*file_.primary);
    } else {
        for (std::size_t index = 0; index < file_.items.size(); ++index) {
            if (isPage(file_.items[index]) && !measurePage(index)) {
                break;
            }
        }
    }
    return verdict_;
}

bool PixelCount::measurePage(std::size_t index) {
    std::uint64_t pixels = 0;
    const bool isMeasured = measure(index, 0, Role::picture, pixels);
    verdict_.pixels = std::max(verdict_.pixels, pixels);
    return isMeasured;
}

bool PixelCount::hasAlpha(const HeifItem& item) const {
    return std::any_of(
        item.auxiliaries.begin(), item.auxiliaries.end(),
        [&](std::size_t auxiliary) { return isAlpha(file_.items[auxiliary], item); });
}

// An alpha channel is as large as its picture, so only the larger of the two counts. An alpha
// channel that has an alpha channel itself is refused, since libheif would decode both.
bool PixelCount::measure(std::size_t index, int depth, Role role, std::uint64_t& pixels) {
    const HeifItem& item = file_.items[index];
    if (!mayVisit() || depth > maxDepth || !isPicture(item.type)) {
        return refuse("refers to too many, too deeply nested or unsupported pictures");
    }
    if (!(isDerived(item.type) ? measureDerived(item, depth, role, pixels)
                               : measureCoded(index, depth == 0 && !hasAlpha(item), pixels))) {
        return false;
    }
    if (role == Role::auxiliary && hasAlpha(item)) {
        return refuse("has an alpha channel that has an alpha channel itself");
    }
    for (std::size_t auxiliary : item.auxiliaries) {
        std::uint64_t alphaPixels = 0;
        if (!mayVisit()) {
            return refuse("has too many alpha channels");
        }
        if (isAlpha(file_.items[auxiliary], item) &&
            !measure(auxiliary, depth + 1, Role::auxiliary, alphaPixels)) {
            pixels = std::max(pixels, alphaPixels);
            return false;
        }
        pixels = std::max(pixels, alphaPixels);
    }
    return true;
}

bool PixelCount::measureCoded(std::size_t index, bool isOnlyPicture, std::uint64_t& pixels) {
    const HeifItem& item = file_.items[index];
    if (!isCodedRead_[index]) {
        coded_[index] = codedPicture(item);
        isCodedRead_[index] = true;
    }
    const auto& coded = coded_[index];
    if (!coded || !item.declared) {
        return refuse("holds a picture whose size cannot be read");
    }
    const bool hasOnlyPadding = coded->isExact && isPadded(coded->stored, coded->visible);
    const Size counted = hasOnlyPadding ? coded->visible : coded->stored;
    pixels = pixelCount(counted.width, counted.height, std::max<std::size_t>(coded->frames, 1));
    // Layers may be smaller than their picture. libvips reads a page's size after decoding it, but
    // libheif copies alpha channels and tiles without comparing their sizes.
    if (!coded->isExact) {
        return isOnlyPicture || refuse("holds a part whose size cannot be read");
    }
    return coded->visible == *item.declared ||
           contradict("holds a picture whose size differs from the declared one");
}

// ISO/IEC 23008-12, 6.6.2.3: tiles are of one size and cover the canvas, so that none of it shows
// uninitialised memory. Returns the size of all tiles together; empty if they break these rules.
std::optional<Size> PixelCount::sizeOfTiles(const HeifItem& grid, const Derivation& derivation) {
    if (grid.sources.size() != derivation.rows * derivation.columns) {
        return std::nullopt;
    }
    const std::optional<Size> first = file_.items[grid.sources.front()].declared;
    for (std::size_t source : grid.sources) {
        const HeifItem& tile = file_.items[source];
        if (!first || tile.declared != first || tile.transformationCount > 0) {
            return std::nullopt;
        }
    }
    const std::uint64_t width = derivation.columns * first->width;
    const std::uint64_t height = derivation.rows * first->height;
    if (width < derivation.size.width || height < derivation.size.height || width > UINT32_MAX ||
        height > UINT32_MAX) {
        return std::nullopt;
    }
    return Size{static_cast<std::uint32_t>(width), static_cast<std::uint32_t>(height)};
}

bool PixelCount::measureDerived(const HeifItem& item, int depth, Role role, std::uint64_t& pixels) {
    if (item.type == "iden") {
        return measureSources(item, depth, role, pixels);
    }
    const auto derivation = readDerivation(item);
    if (!derivation || !item.declared) {
        return refuse("holds a picture whose size cannot be read");
    }
    pixels = pixelsOf(derivation->size);
    if (derivation->size != *item.declared) {
        return contradict("holds a picture whose size differs from the declared one");
    }
    std::optional<Size> tiles;
    if (item.type == "grid") {
        tiles = sizeOfTiles(item, *derivation);
        if (!tiles) {
            return refuse("holds a grid whose tiles do not cover it");
        }
    }
    std::uint64_t sourcePixels = 0;
    const bool isMeasured = measureSources(item, depth, role, sourcePixels);
    const bool hasOnlyPadding =
        tiles && isPadded(*tiles, derivation->size) && sourcePixels == pixelsOf(*tiles);
    pixels = isMeasured && hasOnlyPadding ? pixels : std::max(pixels, sourcePixels);
    return isMeasured;
}

// Pixels counted before a refusal are reported too: the message can then name the limit.
bool PixelCount::measureSources(const HeifItem& item, int depth, Role role, std::uint64_t& pixels) {
    for (std::size_t source : item.sources) {
        std::uint64_t sourcePixels = 0;
        const bool isMeasured = measure(source, depth + 1, role, sourcePixels);
        pixels += std::min(sourcePixels, UINT64_MAX - pixels);
        if (!isMeasured) {
            return false;
        }
    }
    return true;
}

}  // namespace

HeifVerdict checkHeif(std::span<const unsigned char> bytes, bool asksForPage) {
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (holdsOnlyTracks(text)) {
        return {"holds a sequence without a still picture", HeifProblem::unsupported};
    }
    HeifFile file;
    const std::string_view refusal = readHeifFile(text, file);
    return refusal.empty() ? PixelCount(file).run(asksForPage) : HeifVerdict{refusal};
}

}  // namespace private_image
