#include "base/accept.hpp"

#include <algorithm>

#include "base/ascii.hpp"

namespace private_image {
namespace {

// Browsers send about ten ranges.
constexpr std::size_t maxRanges = 64;

constexpr int fullWeight = 1000;

// Removes from `rest` the text up to the next separator outside quotes, and returns it.
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

// 0 if it is malformed.
int parseWeight(std::string_view text) {
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
            return parseWeight(parameter.substr(equals + 1));
        }
    }
    return fullWeight;
}

}  // namespace

std::vector<AcceptRange> parseAccept(std::string_view accept) {
    std::vector<AcceptRange> ranges;
    while (ranges.size() < maxRanges && !accept.empty()) {
        std::string_view range = takeUntil(',', accept);
        const std::string_view type = takeUntil(';', range);
        ranges.push_back({type, weightOf(range)});
    }
    return ranges;
}

int weightOfType(const std::vector<AcceptRange>& ranges, std::string_view type) {
    int weight = 0;
    for (const AcceptRange& range : ranges) {
        if (equalsIgnoringCase(range.type, type)) {
            weight = std::max(weight, range.weight);
        }
    }
    return weight;
}

}  // namespace private_image
