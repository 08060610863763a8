// Parses Accept headers, and checks the formats that they name.
#include "fuzzing.hpp"
#include "transform/names.hpp"
#include "transform/negotiation.hpp"

namespace private_image::fuzzing {
namespace {

constexpr Format candidates[] = {Format::avif, Format::webp, Format::jxl,
                                 Format::png,  Format::jpeg, Format::gif};

std::string inCapitals(std::string_view text) {
    std::string capitals(text);
    std::ranges::transform(capitals, capitals.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    return capitals;
}

void requireAccepted(const std::string& accept) {
    const std::vector<Format> formats = acceptedFormats(accept, candidates);
    for (const Format candidate : candidates) {
        const auto count = std::ranges::count(formats, candidate);
        require(count <= 1, "a format is accepted once", accept);
        require(acceptedFormats(accept, {&candidate, 1}).size() == std::size_t(count),
                "a format is accepted whatever else is", accept);
    }
    const std::string capitals = inCapitals(accept);
    require(acceptedFormats(capitals, candidates) == formats, "case does not count", accept);
    for (const Format format : formats) {
        require(capitals.find(inCapitals(mediaType(format))) != capitals.npos,
                "only named formats are accepted", accept);
    }
    require(acceptedFormats(" \t" + accept + "\t ", candidates) == formats,
            "blanks around it do not count", accept);
}

}  // namespace
}  // namespace private_image::fuzzing

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace private_image::fuzzing;
    requireAccepted(std::string(textOf(data, size)));
    return 0;
}
