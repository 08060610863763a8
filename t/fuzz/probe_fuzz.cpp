// Determines the type of a source from its first bytes, and scans drawings.
#include "fuzzing.hpp"
#include "render/probe.hpp"
#include "render/svg_scan.hpp"
#include "transform/names.hpp"

namespace private_image::fuzzing {
namespace {

void requireProbe(std::span<const unsigned char> bytes) {
    const auto type = probeType(bytes);
    const std::size_t looked = std::min(bytes.size(), maxPreamble);
    require(probeType(bytes.first(looked)) == type, "what is further on does not count");
    // Tests only some prefixes of a long input, since each probe reads its whole prefix.
    const std::size_t step = 1 + looked / probeLength;
    for (std::size_t length = 0; length < looked; length += step) {
        const auto early = probeType(bytes.first(length));
        require(!early || early == type, "a type found in fewer bytes stays",
                early ? sourceTypeName(*early) : "");
        const std::size_t needed = bytesToProbe(bytes.first(length));
        require(needed >= probeLength && needed <= maxPreamble, "a probe waits for few bytes");
        require(length < needed || length == maxPreamble || early == type,
                "what a probe does not wait for changes nothing");
    }
}

void requireScan(std::string_view text) {
    const SvgVerdict verdict = scanSvg(bytesOf(text));
    if (!verdict.refusal.empty()) {
        return;
    }
    require(verdict.elements <= std::size_t(std::ranges::count(text, '<')), "elements are counted",
            text);
    if (text.find("<!--") != text.npos) {
        return;  // a comment is not read
    }
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
