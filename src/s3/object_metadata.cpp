#include "s3/object_metadata.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "base/encoding.hpp"

namespace private_image {
namespace {

constexpr std::string_view markName = "x-amz-meta-isprivatefile";
constexpr std::string_view partName = "x-amz-meta-pi-";  // and a digit
constexpr std::size_t maxPart = 250;

}  // namespace

std::vector<MetadataHeader> metadataOf(bool isPrivate, std::string_view details) {
    std::vector<MetadataHeader> headers{{std::string(markName), isPrivate ? "true" : "false"}};
    const std::string text = base64UrlEncode(details);
    for (std::size_t begin = 0, part = 0; begin < text.size(); begin += maxPart, part++) {
        headers.push_back(
            {std::string(partName) + std::to_string(part), text.substr(begin, maxPart)});
    }
    return headers;
}

void MetadataReader::add(std::string_view name, std::string_view value) {
    if (name.size() != partName.size() + 1 ||
        !equalsIgnoringCase(name.substr(0, partName.size()), partName)) {
        return;
    }
    const auto part = static_cast<std::size_t>(name.back() - '0');
    if (part < parts_.size()) {
        parts_[part] = value;
    }
}

std::string MetadataReader::details() const {
    std::string text;
    for (const std::string& part : parts_) {
        text += part;
    }
    return base64UrlDecode(text).value_or("");
}

}  // namespace private_image
