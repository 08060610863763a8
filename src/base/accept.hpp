// The Accept header (RFC 9110, 12.5.1).
#pragma once

#include <string_view>
#include <vector>

namespace private_image {

struct AcceptRange {
    std::string_view type;  // a view into the header's value
    int weight = 0;         // in thousandths; a malformed weight is 0
};

// The ranges of an Accept value, at most 64.
std::vector<AcceptRange> parseAccept(std::string_view accept);

// The largest weight with which the type is named; 0 if it is not. Wildcards do not count, because
// every client sends them.
int weightOfType(const std::vector<AcceptRange>& ranges, std::string_view type);

}  // namespace private_image
