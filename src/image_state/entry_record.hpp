// The record at the beginning of every cached derivative: values to bytes and back.
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

// In bytes. A derivative with a longer record is not cached.
inline constexpr std::size_t maxRecordSize = 8192;
inline constexpr std::size_t maxListEntries = 64;  // sources; headers

// One original of a derivative. The views point into the bytes that the record was read from.
struct EntrySource {
    ImageKey image{};
    std::string_view path;  // decoded, with leading slash
    std::string_view etag;  // these two as the origin sent them; empty: none
    std::string_view lastModified;
    OriginState originState;
};

struct EntryRecord {
    std::uint64_t encoder = 0;  // fingerprint of the encoder: another one would write other bytes
    Milliseconds requestedAt =
        0;  // when its first source was requested: a later purge applies to it
    std::vector<EntrySource> sources;  // the original first, then layers
    Format format = Format::jpeg;
    Size size;  // of one frame, in pixels
    std::uint64_t outputBytes = 0;
    SourceType sourceType = SourceType::jpeg;
    Size sourceSize;                      // upright
    std::uint64_t sourceBytes = 0;        // of all sources
    std::string_view entityTag;           // of the derivative, with quotes
    std::int64_t lastModified = -1;       // of the original; seconds since the epoch
    std::string_view cacheControl;        // merged from all sources
    std::optional<std::int64_t> expires;  // seconds until Expires when it was read
    // Of the original, as returned by readAccelExpires().
    std::optional<std::int64_t> accelExpires;
    bool hasOwnLifetime = false;  // see hasOwnLifetime()
    std::int64_t age = 0;         // seconds of the Age header when it was read
    std::vector<std::pair<std::string_view, std::string_view>> headers;  // copied from the original
};

// The record's bytes. Empty if they exceed maxRecordSize, if there is no source, or if there are
// more sources or headers than maxListEntries.
std::string writeRecord(const EntryRecord& record);

// Empty if the bytes are not a complete, unchanged record of this format version. A checksum
// detects changes.
std::optional<EntryRecord> readRecord(std::span<const unsigned char> bytes);

}  // namespace private_image
