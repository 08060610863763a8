// First bytes of a source: its type, and how a drawing is judged before it is drawn.
#include "fuzzing.hpp"
#include "render/probe.hpp"
#include "render/svg_scan.hpp"
#include "transform/names.hpp"

namespace private_image::fuzzing {
namespace {

void requireProbe(std::span<const unsigned char> bytes) {
    const auto type = probeType(bytes);
    const std::size_t looked = std::min(bytes.size(), probeLength);
    require(probeType(bytes.first(looked)) == type, "what is further on does not count");
    for (std::size_t length = 0; length < looked; ++length) {
        const auto early = probeType(bytes.first(length));
        require(!early || early == type, "what was told of fewer bytes stays true",
                early ? sourceTypeName(*early) : "");
    }
}

void requireScan(std::string_view text) {
    const SvgVerdict verdict = scanSvg(bytesOf(text));
    if (!verdict.mistake.empty()) {
        return;
    }
    require(verdict.elements <= std::size_t(std::ranges::count(text, '<')), "elements are counted",
            text);
    for (const char* refused : {"<!ENTITY", "@import", "xml-stylesheet", "data:"}) {
        require(text.find(refused) == text.npos, "what multiplies work is refused", refused);
    }
}

}  // namespace
}  // namespace private_image::fuzzing

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    private_image::fuzzing::requireProbe({data, size});
    private_image::fuzzing::requireScan(private_image::fuzzing::textOf(data, size));
    return 0;
}
