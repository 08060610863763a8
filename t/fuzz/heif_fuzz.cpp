// HEIF containers and the streams in them. Every input must be accepted or refused in little time,
// and an accepted one must have a number of pixels.
#include "fuzzing.hpp"
#include "render/heif/coded_picture.hpp"
#include "render/heif/container_check.hpp"

namespace private_image::fuzzing {
namespace {

void requireVerdict(std::span<const unsigned char> bytes) {
    const HeifVerdict verdict = checkHeif(bytes);
    const HeifVerdict again = checkHeif(bytes);
    const HeifVerdict ofPages = checkHeif(bytes, true);
    require(verdict.refusal == again.refusal && verdict.pixels == again.pixels,
            "a container is judged the same every time");
    require(
        !ofPages.refusal.empty() || (verdict.refusal.empty() && verdict.pixels <= ofPages.pixels),
        "the picture is one of the pages");
    require(isPrintable(verdict.refusal), "a refusal can be logged", verdict.refusal);
    require(verdict.problem == HeifProblem::damaged || !verdict.refusal.empty(),
            "what contradicts itself or is not decoded is refused");
}

void requirePicture(const std::optional<CodedPicture>& picture) {
    if (!picture) {
        return;
    }
    require(picture->visible.width > 0 && picture->visible.height > 0, "a picture has pixels");
    require(picture->visible.width <= picture->stored.width &&
                picture->visible.height <= picture->stored.height,
            "what is seen is held");
    require(picture->frames <= std::size_t(maxUnits), "frames are limited");
}

}  // namespace
}  // namespace private_image::fuzzing

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace private_image;
    const std::string_view text = fuzzing::textOf(data, size);
    fuzzing::requireVerdict({data, size});
    fuzzing::requirePicture(av1Picture(text));
    fuzzing::requirePicture(hevcPicture(text));
    const auto stream = hevcConfiguration(text);
    fuzzing::require(!stream || stream->size() <= 2 * size, "a configuration does not grow");
    return 0;
}
