// What was purged, on disk, so that it stays purged after a restart: a ring of fixed size in one
// file. Knows neither caches nor shared memory.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "image_state/image_key.hpp"
#include "image_state/origin_state.hpp"

namespace private_image {

struct Purge {
    ImageKey image{};
    Milliseconds at = 0;
};

struct PurgeHistory {
    std::vector<Purge> purges;  // oldest first
    // Everything stored up to then is void: the ring forgot its purges.
    Milliseconds purgedBefore = 0;
    std::uint64_t next = 0;  // number of the next purge
    std::string problem;     // not empty: the file is there but could not be read, or is damaged
};

class PurgeJournal {
public:
    static constexpr std::size_t capacity = 16384;  // purges

    // `folder` is the cache's; the journal is a file in it.
    explicit PurgeJournal(std::string folder);

    // An absent file is an empty history. A damaged slot, or a file that cannot be read, voids
    // everything stored up to now, since it may have been any purge.
    PurgeHistory read(Milliseconds now) const;

    // Writes purge number `number` (counted from 0 over all workers) over the oldest one. Empty, or
    // the problem, such as "No space left on device".
    std::string write(std::uint64_t number, const Purge& purge) const;

    const std::string& file() const { return file_; }

private:
    std::string file_;
};

}  // namespace private_image
