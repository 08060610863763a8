// Joins what an entry of the cache records of the images it was made of with what is remembered of
// them since: whether the entry may still be used, and what is known of each image.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "image_state/entry_record.hpp"
#include "image_state/image_key.hpp"
#include "image_state/image_state.hpp"
#include "image_state/origin_state.hpp"

namespace private_image {

// An image that a request needs now.
struct NeededImage {
    const ImageKey& image;
    std::string_view path;
    const ImageState& remembered;
};

// True if the entry could be of this request at all: made by this encoder, of as many images, and
// not in the future.
bool isEntryValid(const EntryRecord& entry, std::uint64_t encoder, std::size_t imageCount,
                  Milliseconds now);

// What is known of one image of an entry that was requested from its origin at `requestedAt`.
// Empty: the entry is void, since it was made of another image or of another revision, or since the
// image was purged or is missing.
std::optional<OriginState> joinKnowledge(const EntrySource& kept, Milliseconds requestedAt,
                                         const NeededImage& needed);

// What is known of what an entry was made of, once `later` was read. Without a revision nothing
// proves that it is still the same image: then nothing that is read later opens the entry or
// prolongs it.
OriginState confirmedBy(const OriginState& kept, const OriginState& later);

// What is known of a fetched image when it has been rendered: it may have become private meanwhile.
OriginState knownAfterRender(const OriginState& fetched, const ImageState& remembered);

}  // namespace private_image
