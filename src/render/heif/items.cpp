// Where libheif takes the first of several contradicting boxes, a file with several is refused, so
// that no two readers can see different pictures in it.
#include "render/heif/items.hpp"

#include <map>

#include "render/heif/bit_reader.hpp"
#include "render/heif/boxes.hpp"
#include "render/heif/item_locations.hpp"
#include "render/heif/item_properties.hpp"

namespace private_image {

namespace {

constexpr std::size_t maxBoxes = 1000;           // of a file, and of its "meta"
constexpr std::size_t maxMetaLength = 16 << 20;  // bytes, not counting "idat"
constexpr std::size_t maxConfigurationsSize = 4 << 20;

class ItemReader {
public:
    ItemReader(std::string_view bytes, HeifFile& file) : bytes_(bytes), file_(file) {}

    bool read();
    std::string_view refusal() const { return refusal_; }

private:
    bool refuse(std::string_view refusal) {
        refusal_ = refusal;
        return false;
    }

    bool readMeta(const HeifBoxes& meta);
    bool readPrimary(const HeifBoxes& meta);
    bool readInfos(std::string_view content);
    bool readInfo(std::string_view content);
    bool readLocations(std::string_view content);
    bool readProperties(std::string_view content);
    bool readAssociations(std::string_view content, const HeifBoxes& properties);
    bool associate(HeifItem& item, const HeifBox& property);
    bool readReferences(std::string_view content);
    bool refer(std::string_view type, std::size_t from, const std::vector<std::size_t>& to);

    // Empty for items without an "infe" box.
    std::optional<std::size_t> indexOf(std::uint64_t identifier) const {
        const auto found = indices_.find(identifier);
        return found == indices_.end() ? std::nullopt : std::optional(found->second);
    }

    std::string_view bytes_, dataInMeta_;
    HeifFile& file_;
    std::string_view refusal_;
    std::map<std::uint64_t, std::size_t> indices_;
    std::vector<bool> hasLocation_, isAssociated_;
    std::size_t associations_ = 0, referred_ = 0;
};

bool ItemReader::read() {
    const auto boxes = boxesOfFile(bytes_, maxBoxes);
    const HeifBox* const meta = boxes ? onlyBox(*boxes, "meta") : nullptr;
    if (!meta || meta->content.size() < 4) {
        return refuse("has no header, several, or boxes out of place");
    }
    const auto children = childrenOf(meta->content.substr(4), "meta", maxBoxes);
    return children ? readMeta(*children) : refuse("has a header whose boxes do not fit");
}

bool ItemReader::readMeta(const HeifBoxes& meta) {
    const HeifBox* const infos = onlyBox(meta, "iinf");
    const HeifBox* const locations = onlyBox(meta, "iloc");
    const HeifBox* const properties = onlyBox(meta, "iprp");
    if (!infos || !locations || !properties || countOf(meta, "iref") > 1 ||
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
        return refuse("has a header larger than 16 megabytes");
    }
    if (const HeifBox* const data = onlyBox(meta, "idat")) {
        dataInMeta_ = data->content;
    }
    const HeifBox* const references = onlyBox(meta, "iref");
    return readInfos(infos->content) && readPrimary(meta) && readLocations(locations->content) &&
           readProperties(properties->content) &&
           (!references || readReferences(references->content));
}

bool ItemReader::readPrimary(const HeifBoxes& meta) {
    BitReader reader(onlyBox(meta, "pitm")->content);
    const bool isLong = reader.read(8) > 0;
    reader.read(24);
    file_.primary = indexOf(reader.read(isLong ? 32 : 16));
    return (file_.primary && !reader.hasFailed()) || refuse("names no item as its picture");
}

bool ItemReader::readInfos(std::string_view content) {
    BitReader reader(content);
    const bool isLong = reader.read(8) > 0;
    reader.read(24);
    reader.read(isLong ? 32 : 16);  // their number, which libheif ignores
    const auto infos = childrenOf(reader.rest(), "iinf", maxItems);
    if (reader.hasFailed() || !infos) {
        return refuse("has too many items, or an invalid list of items");
    }
    for (const HeifBox& info : *infos) {
        if (info.type != "infe" || !readInfo(info.content)) {
            return refuse("has an item whose description is missing, repeated or deflated");
        }
    }
    hasLocation_.assign(file_.items.size(), false);
    isAssociated_.assign(file_.items.size(), false);
    return true;
}

// libheif inflates without limit, and never returns if the end of the deflated data is missing.
bool isDeflated(std::string_view strings) {
    for (int skipped = 0; skipped < 2; ++skipped) {  // the item's name and its content type
        const auto end = strings.find('\0');
        strings.remove_prefix(end == strings.npos ? strings.size() : end + 1);
    }
    return !strings.empty() && strings.front() != '\0';
}

bool ItemReader::readInfo(std::string_view content) {
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

bool ItemReader::readLocations(std::string_view content) {
    const auto locations = readHeifItemLocations(content, bytes_, dataInMeta_);
    if (!locations) {
        return refuse("has items whose data overlap or extend beyond its end");
    }
    for (const HeifItemLocation& location : *locations) {
        const auto index = indexOf(location.item);
        if (index && hasLocation_[*index]) {
            return refuse("has an item in two places");
        }
        if (index) {
            hasLocation_[*index] = true;
            file_.items[*index].extents = location.extents;
        }
    }
    return true;
}

bool ItemReader::readProperties(std::string_view content) {
    const auto boxes = childrenOf(content, "iprp", maxBoxes);
    const HeifBox* const container = boxes ? onlyBox(*boxes, "ipco") : nullptr;
    const auto properties =
        container ? childrenOf(container->content, "ipco", maxProperties) : std::nullopt;
    if (!properties) {
        return refuse("has no properties, or too many");
    }
    std::size_t configurations = 0;
    for (const HeifBox& property : *properties) {
        configurations += property.type == "hvcC" ? property.content.size() : 0;
    }
    if (configurations > maxConfigurationsSize) {
        return refuse("has decoder configurations larger than 4 megabytes");
    }
    for (const HeifBox& box : *boxes) {
        if (box.type == "ipma" && !readAssociations(box.content, *properties)) {
            return refusal_.empty() ? refuse("has invalid associations of properties") : false;
        }
    }
    return true;
}

bool ItemReader::readAssociations(std::string_view content, const HeifBoxes& properties) {
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

bool ItemReader::associate(HeifItem& item, const HeifBox& property) {
    const std::string_view refusal = addProperty(property, item);
    return refusal.empty() || refuse(refusal);
}

bool ItemReader::readReferences(std::string_view content) {
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
            return refuse("has an item made of missing items, or made twice");
        }
    }
    return true;
}

// References of other types lead to nothing that is decoded.
bool ItemReader::refer(std::string_view type, std::size_t from,
                       const std::vector<std::size_t>& to) {
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
    ItemReader reader(bytes, file);
    reader.read();
    return reader.refusal();
}

bool holdsOnlyTracks(std::string_view bytes) {
    const auto boxes = boxesOfFile(bytes, maxBoxes);
    return boxes && countOf(*boxes, "meta") == 0 && countOf(*boxes, "moov") == 1;
}

}  // namespace private_image
