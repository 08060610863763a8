// Accept headers: which formats they name.
#include "fuzzing.hpp"
#include "transform/negotiation.hpp"

namespace private_image::fuzzing {
namespace {

constexpr Format candidates[] = {Format::avif, Format::webp, Format::jxl,
                                 Format::png,  Format::jpeg, Format::gif};

void requireAccepted(const std::string& accept) {
    const std::vector<Format> formats = acceptedFormats(accept, candidates);
    for (const Format candidate : candidates) {
        const auto count = std::ranges::count(formats, candidate);
        require(count <= 1, "a format is accepted once", accept);
        require(acceptedFormats(accept, {&candidate, 1}).size() == std::size_t(count),
                "a format is accepted whatever else is", accept);
    }
    std::string capitals = accept;
    std::ranges::transform(capitals, capitals.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    require(acceptedFormats(capitals, candidates) == formats, "case does not count", accept);
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
