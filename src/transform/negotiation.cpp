#include "transform/negotiation.hpp"

#include <algorithm>
#include <functional>

#include "base/accept.hpp"
#include "transform/canonical.hpp"

namespace private_image {

namespace {

struct Weighted {
    Format format;
    int weight;
};

}  // namespace

std::vector<Format> acceptedFormats(std::string_view accept, std::span<const Format> candidates) {
    std::vector<Weighted> weighted;
    const std::vector<AcceptRange> ranges = parseAccept(accept);
    for (const Format format : candidates) {
        weighted.push_back({format, weightOfType(ranges, mediaType(format))});
    }
    std::erase_if(weighted, [](const Weighted& candidate) { return candidate.weight == 0; });
    std::ranges::stable_sort(weighted, std::ranges::greater{}, &Weighted::weight);

    std::vector<Format> formats;
    formats.reserve(weighted.size());
    for (const Weighted& candidate : weighted) {
        formats.push_back(candidate.format);
    }
    return formats;
}

}  // namespace private_image
