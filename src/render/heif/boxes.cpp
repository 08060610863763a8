// libheif reads every box it knows wherever it occurs, and some take many times their own size in
// memory. So each box may occur only in the parent where this check looks at it.
#include "render/heif/boxes.hpp"

#include <algorithm>
#include <array>

#include "render/heif/bit_reader.hpp"

namespace private_image {

namespace {

struct Place {
    std::string_view type, parent;
};

// All boxes that libheif 1.15 reads; it skips others.
constexpr std::array places{
    Place{"ftyp", ""},     Place{"meta", ""},     Place{"hdlr", "meta"}, Place{"pitm", "meta"},
    Place{"iloc", "meta"}, Place{"iinf", "meta"}, Place{"iprp", "meta"}, Place{"iref", "meta"},
    Place{"idat", "meta"}, Place{"grpl", "meta"}, Place{"dinf", "meta"}, Place{"dref", "dinf"},
    Place{"infe", "iinf"}, Place{"ipco", "iprp"}, Place{"ipma", "iprp"}, Place{"url ", "dref"},
    Place{"ispe", "ipco"}, Place{"auxC", "ipco"}, Place{"irot", "ipco"}, Place{"imir", "ipco"},
    Place{"clap", "ipco"}, Place{"hvcC", "ipco"}, Place{"av1C", "ipco"}, Place{"vvcC", "ipco"},
    Place{"colr", "ipco"}, Place{"pixi", "ipco"}, Place{"pasp", "ipco"}, Place{"clli", "ipco"},
    Place{"mdcv", "ipco"}};

bool belongs(std::string_view type, std::string_view parent) {
    const auto* const found = std::find_if(places.begin(), places.end(),
                                           [type](const Place& each) { return each.type == type; });
    return found == places.end() || found->parent == parent;
}

// ISO/IEC 14496-12, 4.2: a size of 1 means that a size of 64 bits follows. libheif stops at a size
// of 0, "until the end".
std::optional<HeifBox> takeBox(std::string_view& rest) {
    BitReader reader(rest);
    std::uint64_t size = reader.read(32);
    const std::string_view type = reader.take(4);
    if (size == 1) {
        size = reader.read(64);
    }
    if (type == "uuid") {
        reader.take(16);
    }
    const std::uint64_t header = rest.size() - reader.rest().size();
    if (reader.hasFailed() || size < header || size > rest.size()) {
        return std::nullopt;
    }
    const HeifBox box{type, rest.substr(header, size - header)};
    rest.remove_prefix(size);
    return box;
}

std::optional<HeifBoxes> takeBoxes(std::string_view& rest, std::string_view parent,
                                   std::size_t max) {
    HeifBoxes boxes;
    while (const auto box = takeBox(rest)) {
        if (boxes.size() == max || !belongs(box->type, parent)) {
            return std::nullopt;
        }
        boxes.push_back(*box);
    }
    return boxes;
}

}  // namespace

std::optional<HeifBoxes> childrenOf(std::string_view content, std::string_view parent,
                                    std::size_t max) {
    auto boxes = takeBoxes(content, parent, max);
    return content.empty() ? boxes : std::nullopt;
}

std::optional<HeifBoxes> boxesOfFile(std::string_view bytes, std::size_t max) {
    return takeBoxes(bytes, "", max);
}

std::size_t countOf(const HeifBoxes& boxes, std::string_view type) {
    return static_cast<std::size_t>(std::count_if(
        boxes.begin(), boxes.end(), [type](const HeifBox& box) { return box.type == type; }));
}

const HeifBox* onlyBox(const HeifBoxes& boxes, std::string_view type) {
    if (countOf(boxes, type) != 1) {
        return nullptr;
    }
    return &*std::find_if(boxes.begin(), boxes.end(),
                          [type](const HeifBox& box) { return box.type == type; });
}

}  // namespace private_image
