// The boxes of ISO/IEC 14496-12: their types, extents and permitted parents.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace private_image {

struct HeifBox {
    std::string_view type;  // four letters
    std::string_view content;
};

using HeifBoxes = std::vector<HeifBox>;

// All boxes in the content of a box of type `parent`. Empty if they do not fill it, if there are
// more than `max`, or if one is not permitted there.
std::optional<HeifBoxes> childrenOf(std::string_view content, std::string_view parent,
                                    std::size_t max);

// The boxes of a file up to the first incomplete one, where libheif stops too. Empty if there are
// more than `max`, or if one is not permitted there.
std::optional<HeifBoxes> boxesOfFile(std::string_view bytes, std::size_t max);

// The box of that type; null if there is not exactly one.
const HeifBox* onlyBox(const HeifBoxes& boxes, std::string_view type);

std::size_t countOf(const HeifBoxes& boxes, std::string_view type);

}  // namespace private_image
