// The record of a derivative, made of the answers to its fetches.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "image_state/entry_record.hpp"
#include "image_state/record_lifetime.hpp"
#include "nginx/derivative/origin_fetch.hpp"

namespace private_image {

// The original first, then its layers.
using Fetches = std::vector<std::unique_ptr<Fetch>>;

// The lifetime that each of the answers names; points into the fetches.
std::vector<OriginalLifetime> lifetimesOf(const Fetches& fetches);

// The record as far as it is known before the render. It points into the fetches.
EntryRecord makeRecord(const Fetches& fetches, std::size_t sourceBytes);

// The revision of every source; empty if the origin gave none for one of them.
std::string revisionOf(const Fetches& fetches);

// The strong ETag of a result, with its quotes: entityTagLength characters. `revision`: of its
// sources.
inline constexpr std::size_t entityTagLength = 34;
std::string makeEntityTag(const std::string& revision, const RenderJob& job, const Gate& gate);

}  // namespace private_image
