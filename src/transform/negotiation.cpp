// Reads an Accept value (RFC 9110, section 12.5.1) as far as image formats are concerned. Leaves
// the choice among the acceptable ones to the caller, who knows the encoders.
#include "transform/negotiation.hpp"

#include <algorithm>
#include <functional>

#include "base/ascii.hpp"
#include "transform/canonical.hpp"

namespace private_image {

namespace {

// Browsers send about ten ranges; what follows is not worth a worker's time.
constexpr int maxRanges = 64;

constexpr int fullWeight = 1000;

// Takes what stands before the next separator outside quotes off the front of `rest`.
std::string_view takeUntil(char separator, std::string_view& rest) {
    bool isQuoted = false;
    std::size_t end = 0;
    for (; end < rest.size(); ++end) {
        const char c = rest[end];
        if (isQuoted && c == '\\' && end + 1 < rest.size()) {
            ++end;
        } else if (c == '"') {
            isQuoted = !isQuoted;
        } else if (c == separator && !isQuoted) {
            break;
        }
    }
    const auto taken = trimmed(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return taken;
}

// In thousandths. Malformed: 0, so that nobody gets what they may not have asked for.
int weightFrom(std::string_view text) {
    if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1') ||
        (text.size() > 1 && text[1] != '.')) {
        return 0;
    }
    int weight = (text[0] - '0') * fullWeight;
    int unit = fullWeight;
    for (const char c : text.substr(std::min<std::size_t>(2, text.size()))) {
        if (c < '0' || c > '9') {
            return 0;
        }
        unit /= 10;
        weight += (c - '0') * unit;
    }
    return weight <= fullWeight ? weight : 0;
}

int weightOf(std::string_view parameters) {
    while (!parameters.empty()) {
        const auto parameter = takeUntil(';', parameters);
        const auto equals = parameter.find('=');
        if (equals != std::string_view::npos &&
            equalsIgnoringCase(parameter.substr(0, equals), "q")) {
            return weightFrom(parameter.substr(equals + 1));
        }
    }
    return fullWeight;
}

struct Weighted {
    Format format;
    int weight;
};

}  // namespace

std::vector<Format> acceptedFormats(std::string_view accept, std::span<const Format> candidates) {
    std::vector<Weighted> weighted;
    for (const Format format : candidates) {
        weighted.push_back({format, 0});
    }
    for (int i = 0; i < maxRanges && !accept.empty(); ++i) {
        std::string_view range = takeUntil(',', accept);
        const auto type = takeUntil(';', range);
        const int weight = weightOf(range);
        for (Weighted& candidate : weighted) {
            if (equalsIgnoringCase(type, mediaType(candidate.format))) {
                candidate.weight = std::max(candidate.weight, weight);
            }
        }
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
