// The EXIF, XMP and IPTC that are kept of a source, and colours described by numbers. The kept
// metadata must be limited in size and apply to the result.
#include <cmath>

#include "fuzzing.hpp"
#include "render/colour_description.hpp"
#include "render/exif_block.hpp"
#include "render/photoshop_resources.hpp"
#include "render/tiff_directory.hpp"
#include "render/xmp_packet.hpp"

namespace private_image::fuzzing {
namespace {

constexpr ExifFacts facts{{40, 30}, 300, true};

void requireBlock(std::string_view block) {
    require(block.size() <= maxExifLength, "a block fits into a segment");
    require(block.empty() || TiffFile::open(block), "a block has a header");
}

void requireCopyright(std::string_view exif) {
    const std::string block = exifCopyright(exif);
    requireBlock(block);
    if (block.empty()) {
        return;
    }
    const auto directory = TiffFile::open(block)->directoryAt(8);
    require(directory && directory->entries.size() <= 2, "copyright and artist alone are kept");
    for (const TiffEntry& entry : directory->entries) {
        require(!entry.value.empty() && exif.find(entry.value) != exif.npos,
                "a text has the bytes of the source", entry.value);
    }
    require(exifCopyright(block) == block, "what was kept is kept again");
}

void requireXmp(std::string_view packet) {
    const std::string kept = xmpOfResult(packet, {true, true, true});
    require(kept.size() <= maxXmpLength, "a packet fits into a segment");
    require(xmpOfResult(kept, {true, true, true}) == kept, "nothing untrue is left", kept);
}

void requireResources(std::string_view resources) {
    const std::string kept = resourcesOfResult(resources);
    require(kept.size() <= maxResourcesLength, "resources fit into a segment");
    require(resourcesOfResult(kept) == kept, "what was kept is kept again", kept);
}

void requireColours(std::string_view png) {
    const auto colours = describedColours(SourceType::png, png, {}, false);
    if (!colours) {
        return;
    }
    const auto& [red, green, blue, white] = colours->primaries;
    for (const Chromaticity place : {red, green, blue, white}) {
        require(place.x >= 0 && place.x <= 1 && place.y >= 0 && place.y <= 1,
                "chromaticities are fractions");
    }
    for (const double sample : {0.0, 0.01, 0.5, 1.0}) {
        require(std::isfinite(colours->curve.lightOf(sample)), "every sample has its light");
    }
}

}  // namespace
}  // namespace private_image::fuzzing

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace private_image;
    const std::string_view text = fuzzing::textOf(data, size);
    fuzzing::requireBlock(exifOfResult(text, fuzzing::facts));
    fuzzing::requireCopyright(text);
    fuzzing::requireXmp(text);
    fuzzing::requireResources(text);
    fuzzing::requireColours(text);
    return 0;
}
