// The first line is a transformation; each further line is a client hint, which resolves it.
#include "dialect/cloudflare/options.hpp"
#include "fuzzing.hpp"
#include "transform/client_hints.hpp"

namespace private_image::fuzzing {
namespace {

// A header that is not in Vary must not change the result, since caches do not distinguish its
// values.
ClientHints consulted(ClientHints hints, const HintsUsed& used) {
    const auto keep = [&used](std::string_view& value, std::string_view name) {
        if (std::ranges::find(used.vary, name) == used.vary.end()) {
            value = {};
        }
    };
    keep(hints.width, "Width");
    keep(hints.density, "DPR");
    keep(hints.viewportWidth, "Viewport-Width");
    keep(hints.roundTripTime, "RTT");
    keep(hints.saveData, "Save-Data");
    keep(hints.effectiveType, "ECT");
    keep(hints.downlink, "Downlink");
    keep(hints.userAgent, "User-Agent");
    return hints;
}

void requireInRange(const Transform& transform) {
    forEachStep(transform.steps, [&transform](const Step& step) {
        for (const Length& side : {step.width, step.height}) {
            require(side.unit != Length::Unit::pixels || (side.value >= 1 && side.value <= 65535),
                    "a side is 1 to 65535 pixels", canonicalText(transform));
        }
    });
}

void requireResolved(const Transform& asked, const ClientHints& hints, HintStyle style) {
    Transform resolved = asked;
    const HintsUsed used = applyClientHints(resolved, hints, style);
    require(!needsClientHints(resolved), "hints are resolved", canonicalText(resolved));
    require(used.vary.empty() != needsClientHints(asked), "consulted hints are in Vary",
            canonicalText(asked));
    require(needsClientHints(asked) || resolved == asked,
            "without automatic values, hints change nothing", canonicalText(asked));
    requireNormal(resolved);
    requireInRange(resolved);
    Transform again = asked;
    applyClientHints(again, consulted(hints, used), style);
    requireSame(again, resolved, "what is not in Vary does not count");
}

}  // namespace
}  // namespace private_image::fuzzing

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace private_image;
    using namespace private_image::fuzzing;
    std::string_view rest = textOf(data, size);
    const std::string_view text = takeLine(rest);
    ClientHints hints;
    for (std::string_view* hint :
         {&hints.width, &hints.density, &hints.viewportWidth, &hints.roundTripTime, &hints.saveData,
          &hints.effectiveType, &hints.downlink, &hints.userAgent}) {
        *hint = takeLine(rest);
    }
    if (const auto transform = cloudflare::readOptions(text)) {
        requireResolved(*transform, hints, HintStyle::cloudflare);
    }
    if (const auto transform = imagekit::parseChain(text, {})) {
        requireResolved(*transform, hints, HintStyle::imagekit);
    }
    return 0;
}
