// The boxes of ISO/IEC 14496-12 and where they may stand. Knows their sizes and names, not what is
// in them.
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

// All boxes of a container of type `parent`, which fill it. Empty: they do not, are more than
// `most`, or stand where they do not belong.
std::optional<HeifBoxes> childrenOf(std::string_view content, std::string_view parent,
                                    std::size_t most);

// The boxes of a file up to one that cannot be whole, where libheif stops as well. Empty: more
// than `most`, or one that stands where it does not belong.
std::optional<HeifBoxes> boxesOfFile(std::string_view bytes, std::size_t most);

// The only one of that type. None, or several: empty.
const HeifBox* onlyBox(const HeifBoxes& boxes, std::string_view type);

std::size_t countOf(const HeifBoxes& boxes, std::string_view type);

}  // namespace private_image
