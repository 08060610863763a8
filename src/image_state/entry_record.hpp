// The record that stands at the head of every derivative in the cache: bytes to values and back.
// Knows no files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "image_state/image_key.hpp"
#include "image_state/origin_state.hpp"
#include "render/plan.hpp"
#include "transform/transform.hpp"

namespace private_image {

// The longest record that is written; one that would be longer is not kept.
inline constexpr std::size_t maxRecordSize = 8192;
inline constexpr std::size_t maxListEntries = 64;  // sources; headers

// One original that went into a derivative. The views point into what the record was read from.
struct EntrySource {
    ImageKey image{};
    std::string_view path;  // decoded, with leading slash
    std::string_view etag;  // as the origin sent them; empty: none
    std::string_view lastModified;
    OriginState originState;
};

struct EntryRecord {
    std::uint64_t encoder =
        0;  // fingerprint of what encoded it: another one would write other bytes
    Milliseconds askedAt = 0;  // when its first source was asked for: a purge since then voids it
    std::vector<EntrySource> sources;  // the original first, then its layers
    Format format = Format::jpeg;
    Size size;  // of one frame
    std::uint64_t outputBytes = 0;
    SourceType sourceType = SourceType::jpeg;
    Size sourceSize;                      // upright
    std::uint64_t sourceBytes = 0;        // of all sources
    std::string_view entityTag;           // the derivative's, with quotes
    std::int64_t lastModified = -1;       // of the original; seconds since the epoch
    std::string_view cacheControl;        // of all sources together
    std::optional<std::int64_t> expires;  // seconds that Expires left when it was read
    // Of the original, as readAccelExpires() returned it.
    std::optional<std::int64_t> accelExpires;
    bool hasOwnLifetime = false;  // see hasOwnLifetime()
    std::int64_t age = 0;         // seconds that caches before us had used of it by then
    std::vector<std::pair<std::string_view, std::string_view>> headers;  // copied from the original
};

// Its bytes; empty if they would be more than maxRecordSize, or if it has no source or more sources
// or headers than maxListEntries.
std::string writeRecord(const EntryRecord& record);

// Empty for anything that writeRecord() of this very format version did not write: another version,
// cut, or changed (there is a checksum).
std::optional<EntryRecord> readRecord(std::span<const unsigned char> bytes);

}  // namespace private_image
