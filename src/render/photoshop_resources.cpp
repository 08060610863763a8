// Adobe Photoshop File Formats Specification, "Image Resource Blocks": a signature, a number, a
// name and data, both padded to an even length.
#include "render/photoshop_resources.hpp"

#include <cstdint>

#include "render/heif/bit_reader.hpp"

namespace private_image {

namespace {

using namespace std::string_view_literals;

constexpr auto photoshop = "Photoshop 3.0\0"sv;
constexpr auto signature = "8BIM"sv;
constexpr std::uint64_t iptc = 0x0404, copyrightFlag = 0x040A, copyrightUrl = 0x040B;

bool isKept(std::uint64_t number) {
    return number == iptc || number == copyrightFlag || number == copyrightUrl;
}

// Takes the first resource from the front. Empty if it is invalid or incomplete.
std::string_view takeResource(std::string_view& rest, bool& isToBeKept) {
    BitReader reader(rest);
    const bool isResource = reader.take(signature.size()) == signature;
    isToBeKept = isKept(reader.read(16));
    const std::uint64_t nameLength = reader.read(8);
    reader.take(nameLength + (nameLength + 1) % 2);
    const std::uint64_t length = reader.read(32);
    reader.take(length);
    if (!isResource || reader.hasFailed()) {
        return {};
    }
    // Some writers leave out the last padding.
    reader.take(length % 2);
    const std::string_view resource = rest.substr(0, rest.size() - reader.rest().size());
    rest.remove_prefix(resource.size());
    return resource;
}

// IPTC-NAA Information Interchange Model 4, 1.5: each record begins with this.
constexpr auto recordMark = "\x1C"sv;

std::string asResource(std::string_view records) {
    std::string resource(signature);
    resource += "\x04\x04\0\0"sv;
    for (int shift = 24; shift >= 0; shift -= 8) {
        resource += static_cast<char>(records.size() >> shift & 0xFF);
    }
    resource += records;
    resource.resize(resource.size() + records.size() % 2);
    return resource;
}

std::string keptResources(std::string_view resources) {
    std::string kept;
    bool isToBeKept = false;
    for (auto resource = takeResource(resources, isToBeKept); !resource.empty();
         resource = takeResource(resources, isToBeKept)) {
        if (isToBeKept) {
            kept += resource;
            kept.resize(kept.size() + kept.size() % 2);
        }
    }
    return kept;
}

}  // namespace

std::string resourcesOfResult(std::string_view resources) {
    const bool isNamed = resources.starts_with(photoshop);
    const std::string kept = isNamed ? keptResources(resources.substr(photoshop.size()))
                             : resources.starts_with(recordMark) ? asResource(resources)
                                                                 : keptResources(resources);
    return kept.empty() || kept.size() + photoshop.size() > maxResourcesLength
               ? std::string()
               : std::string(photoshop) + kept;
}

}  // namespace private_image
