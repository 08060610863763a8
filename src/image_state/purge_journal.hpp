// The purges on disk, so that purged images stay purged after a restart: a ring of fixed size in
// one file.
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
    // Everything that was stored until then counts as purged, because the ring lost its purges.
    Milliseconds purgedBefore = 0;
    std::uint64_t next = 0;  // number of the next purge
    std::string problem;     // not empty: the file exists, but cannot be read or is damaged
};

class PurgeJournal {
public:
    static constexpr std::size_t capacity = 16384;  // purges

    // `folder`: of the cache; the journal is a file in it.
    explicit PurgeJournal(std::string folder);

    // A missing file is an empty history. If a slot is damaged, or the file cannot be read,
    // everything that was stored until now counts as purged, because any purge may be lost.
    PurgeHistory read(Milliseconds now) const;

    // Writes purge number `number`, counted from 0 over all workers, over the oldest one. Returns
    // the error's text, such as "No space left on device", or an empty one.
    std::string write(std::uint64_t number, const Purge& purge) const;

    const std::string& file() const { return file_; }

private:
    std::string file_;
};

}  // namespace private_image
