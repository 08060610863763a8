// The items of a HEIF container, ISO/IEC 23008-12 and 14496-12: their data, declared sizes and
// references. Reads boxes as libheif 1.15 does, but refuses what the standards leave ambiguous.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "render/plan.hpp"

namespace private_image {

struct HeifItem {
    std::string_view type;  // four letters
    bool isHidden = false;  // not a page
    std::vector<std::string_view> extents;
    std::optional<Size> declared;
    std::optional<std::string_view> av1Configuration;
    std::optional<std::string_view> hevcConfiguration;
    std::string_view colours;  // the bytes after "nclx"
    int transformationCount = 0;
    bool hasAuxiliaryType = false;  // has an "auxC" property
    bool isAlpha = false;           // that property names an alpha channel
    bool isThumbnail = false;
    bool isAuxiliary = false;              // of another item
    std::vector<std::size_t> sources;      // of a derived picture: indices of items
    std::vector<std::size_t> auxiliaries;  // alpha channels, depth maps, gain maps
};

struct HeifFile {
    std::vector<HeifItem> items;
    std::optional<std::size_t> primary;  // ISO/IEC 14496-12, 8.11.4: the index of an item
};

// libheif copies the list of all items for each item, and keeps a box for every few bytes. A
// picture of 100 megapixels in tiles of 256 x 256, with alpha, has about three thousand items.
inline constexpr std::size_t maxItems = 3200;
inline constexpr std::size_t maxProperties = 16000;
inline constexpr std::size_t maxReferences = 8000;  // each from one item to many
inline constexpr std::size_t maxReferred = 131072;  // items, by all references together

// Reads `bytes`, which must outlive `file`. Returns why the file is refused, or an empty text.
std::string_view readHeifFile(std::string_view bytes, HeifFile& file);

// True if the boxes are valid but describe no items: a video, or a sequence of pictures without a
// still one.
bool holdsOnlyTracks(std::string_view bytes);

}  // namespace private_image
