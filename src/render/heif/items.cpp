// Where libheif takes the first of several that contradict each other, a file with several is
// refused: then nobody can read it in two ways.
#include "render/heif/items.hpp"

#include <map>

#include "render/heif/bit_reader.hpp"
#include "render/heif/boxes.hpp"
#include "render/heif/item_locations.hpp"
#include "render/heif/item_properties.hpp"

namespace private_image {

namespace {

constexpr std::size_t maxBoxes = 1000;           // of a file, and of its "meta"
constexpr std::size_t maxMetaLength = 16 << 20;  // but for the data in it
constexpr std::size_t maxConfigurationsSize = 4 << 20;

class Reader {
public:
    Reader(std::string_view bytes, HeifFile& file) : bytes_(bytes), file_(file) {}

    bool read();
    std::string_view mistake() const { return mistake_; }

private:
    bool refuse(std::string_view mistake) {
        mistake_ = mistake;
        return false;
    }

    bool readMeta(const HeifBoxes& meta);
    bool readPrimary(const HeifBoxes& meta);
    bool readInfos(std::string_view content);
    bool readInfo(std::string_view content);
    bool readPlaces(std::string_view content);
    bool readProperties(std::string_view content);
    bool readAssociations(std::string_view content, const HeifBoxes& properties);
    bool associate(HeifItem& item, const HeifBox& property);
    bool readReferences(std::string_view content);
    bool refer(std::string_view type, std::size_t from, const std::vector<std::size_t>& to);

    // Items that nobody described have no index.
    std::optional<std::size_t> indexOf(std::uint64_t identifier) const {
        const auto found = indices_.find(identifier);
        return found == indices_.end() ? std::nullopt : std::optional(found->second);
    }

    std::string_view bytes_, dataInMeta_;
    HeifFile& file_;
    std::string_view mistake_;
    std::map<std::uint64_t, std::size_t> indices_;
    std::vector<bool> isPlaced_, isAssociated_;
    std::size_t associations_ = 0, referred_ = 0;
};

bool Reader::read() {
    const auto boxes = boxesOfFile(bytes_, maxBoxes);
    const HeifBox* const meta = boxes ? onlyBox(*boxes, "meta") : nullptr;
    if (!meta || meta->content.size() < 4) {
        return refuse("has no header, several, or boxes out of place");
    }
    const auto children = childrenOf(meta->content.substr(4), "meta", maxBoxes);
    return children ? readMeta(*children) : refuse("has a header whose boxes do not fit");
}

bool Reader::readMeta(const HeifBoxes& meta) {
    const HeifBox* const infos = onlyBox(meta, "iinf");
    const HeifBox* const places = onlyBox(meta, "iloc");
    const HeifBox* const properties = onlyBox(meta, "iprp");
    if (!infos || !places || !properties || countOf(meta, "iref") > 1 ||
        countOf(meta, "idat") > 1 || countOf(meta, "pitm") != 1) {
        return refuse("lacks a list of items, or has several");
    }
    std::size_t length = 0;
    for (const HeifBox& box : meta) {
        length += box.type == "idat" ? 0 : box.content.size();
        if (box.type == "dinf" && box.content.size() > 1024) {
            return refuse("names too many files");
        }
    }
    if (length > maxMetaLength) {
        return refuse("has a header of more than 16 megabytes");
    }
    if (const HeifBox* const data = onlyBox(meta, "idat")) {
        dataInMeta_ = data->content;
    }
    const HeifBox* const references = onlyBox(meta, "iref");
    return readInfos(infos->content) && readPrimary(meta) && readPlaces(places->content) &&
           readProperties(properties->content) &&
           (!references || readReferences(references->content));
}

bool Reader::readPrimary(const HeifBoxes& meta) {
    BitReader reader(onlyBox(meta, "pitm")->content);
    const bool isLong = reader.read(8) > 0;
    reader.read(24);
    file_.primary = indexOf(reader.read(isLong ? 32 : 16));
    return (file_.primary && !reader.hasFailed()) || refuse("names no item as its picture");
}

bool Reader::readInfos(std::string_view content) {
    BitReader reader(content);
    const bool isLong = reader.read(8) > 0;
    reader.read(24);
    reader.read(isLong ? 32 : 16);  // how many: libheif reads all
    const auto infos = childrenOf(reader.rest(), "iinf", maxItems);
    if (reader.hasFailed() || !infos) {
        return refuse("has too many items, or a list of them that does not fit");
    }
    for (const HeifBox& info : *infos) {
        if (info.type != "infe" || !readInfo(info.content)) {
            return refuse("has an item that is described twice, deflated, or not at all");
        }
    }
    isPlaced_.assign(file_.items.size(), false);
    isAssociated_.assign(file_.items.size(), false);
    return true;
}

// What is deflated libheif inflates without limit, and never ends where its end is missing.
bool isDeflated(std::string_view strings) {
    for (int before = 0; before < 2; ++before) {  // a name, a type
        const auto end = strings.find('\0');
        strings.remove_prefix(end == strings.npos ? strings.size() : end + 1);
    }
    return !strings.empty() && strings.front() != '\0';
}

bool Reader::readInfo(std::string_view content) {
    BitReader reader(content);
    const std::uint64_t version = reader.read(8);
    HeifItem item;
    item.isHidden = reader.read(24) & 1;
    const std::uint64_t identifier = reader.read(version <= 2 ? 16 : 32);
    reader.read(16);
    if (version >= 2) {
        item.type = reader.take(4);
    }
    if (reader.hasFailed() || (item.type == "mime" && isDeflated(reader.rest()))) {
        return false;
    }
    const bool isNew = indices_.emplace(identifier, file_.items.size()).second;
    file_.items.push_back(std::move(item));
    return isNew;
}

bool Reader::readPlaces(std::string_view content) {
    const auto places = readHeifPlaces(content, bytes_, dataInMeta_);
    if (!places) {
        return refuse("has items whose data lie beyond its end, or over each other");
    }
    for (const HeifPlace& place : *places) {
        const auto index = indexOf(place.item);
        if (index && isPlaced_[*index]) {
            return refuse("has an item in two places");
        }
        if (index) {
            isPlaced_[*index] = true;
            file_.items[*index].extents = place.extents;
        }
    }
    return true;
}

bool Reader::readProperties(std::string_view content) {
    const auto boxes = childrenOf(content, "iprp", maxBoxes);
    const HeifBox* const container = boxes ? onlyBox(*boxes, "ipco") : nullptr;
    const auto properties =
        container ? childrenOf(container->content, "ipco", maxProperties) : std::nullopt;
    if (!properties) {
        return refuse("has too many properties, or none");
    }
    std::size_t configurations = 0;
    for (const HeifBox& property : *properties) {
        configurations += property.type == "hvcC" ? property.content.size() : 0;
    }
    if (configurations > maxConfigurationsSize) {
        return refuse("configures more than it may");
    }
    for (const HeifBox& box : *boxes) {
        if (box.type == "ipma" && !readAssociations(box.content, *properties)) {
            return mistake_.empty() ? refuse("has properties that belong to nothing") : false;
        }
    }
    return true;
}

bool Reader::readAssociations(std::string_view content, const HeifBoxes& properties) {
    BitReader reader(content);
    const bool isLong = reader.read(8) > 0, isWide = reader.read(24) & 1;
    const std::uint64_t count = reader.read(32);
    associations_ += count;
    if (associations_ > 2 * maxItems) {
        return false;
    }
    for (std::uint64_t i = 0; i < count; ++i) {
        const auto index = indexOf(reader.read(isLong ? 32 : 16));
        const bool isFirst = index && !isAssociated_[*index];
        for (std::uint64_t left = reader.read(8); left > 0; --left) {
            reader.readFlag();
            const std::uint64_t property = reader.read(isWide ? 15 : 7);
            if (property > properties.size() ||
                (isFirst && property > 0 &&
                 !associate(file_.items[*index], properties[property - 1]))) {
                return false;
            }
        }
        if (reader.hasFailed() || (index && !isFirst)) {
            return false;
        }
        if (index) {
            isAssociated_[*index] = true;
        }
    }
    return true;
}

bool Reader::associate(HeifItem& item, const HeifBox& property) {
    const std::string_view mistake = addProperty(property, item);
    return mistake.empty() || refuse(mistake);
}

bool Reader::readReferences(std::string_view content) {
    BitReader reader(content);
    const unsigned bits = reader.read(8) > 0 ? 32 : 16;
    reader.read(24);
    const auto references = childrenOf(reader.rest(), "iref", maxReferences);
    if (reader.hasFailed() || !references) {
        return refuse("has too many references, or some that do not fit");
    }
    for (const HeifBox& reference : *references) {
        BitReader numbers(reference.content);
        const auto from = indexOf(numbers.read(bits));
        const std::uint64_t count = numbers.read(16);
        referred_ += count;
        if (referred_ > maxReferred || numbers.rest().size() != count * bits / 8) {
            return refuse("has too many references, or some that do not fit");
        }
        std::vector<std::size_t> to;
        for (std::uint64_t i = 0; i < count; ++i) {
            to.push_back(indexOf(numbers.read(bits)).value_or(file_.items.size()));
        }
        if (from && !refer(reference.type, *from, to)) {
            return refuse("is made of what it does not hold, or made twice");
        }
    }
    return true;
}

// Of other kinds of references, nothing is decoded.
bool Reader::refer(std::string_view type, std::size_t from, const std::vector<std::size_t>& to) {
    HeifItem& item = file_.items[from];
    item.isThumbnail = item.isThumbnail || type == "thmb";
    item.isAuxiliary = item.isAuxiliary || type == "auxl";
    if (type != "dimg" && type != "auxl") {
        return true;
    }
    for (std::size_t target : to) {
        if (target >= file_.items.size()) {
            return false;
        }
        if (type == "auxl") {
            file_.items[target].auxiliaries.push_back(from);
        }
    }
    if (type == "dimg") {
        if (!item.sources.empty()) {
            return false;
        }
        item.sources = to;
    }
    return true;
}

}  // namespace

std::string_view readHeifFile(std::string_view bytes, HeifFile& file) {
    Reader reader(bytes, file);
    reader.read();
    return reader.mistake();
}

bool holdsOnlyTracks(std::string_view bytes) {
    const auto boxes = boxesOfFile(bytes, maxBoxes);
    return boxes && countOf(*boxes, "meta") == 0 && countOf(*boxes, "moov") == 1;
}

}  // namespace private_image
