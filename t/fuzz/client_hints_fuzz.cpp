// Client hints, a line each, and on the first line the transformation that they settle.
#include "dialect/cloudflare/options.hpp"
#include "fuzzing.hpp"
#include "transform/client_hints.hpp"

namespace private_image::fuzzing {
namespace {

// A header that was not consulted is not in Vary: a cache would not tell its values apart.
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

void requireSettled(const Transform& asked, const ClientHints& hints, HintStyle style) {
    Transform settled = asked;
    const HintsUsed used = settleHints(settled, hints, style);
    require(!asksForHints(settled), "hints are settled", canonicalText(settled));
    require(used.vary.empty() != asksForHints(asked), "who consults hints says so",
            canonicalText(asked));
    require(asksForHints(asked) || settled == asked, "who asks for no hints gets none",
            canonicalText(asked));
    requireNormal(settled);
    requireInRange(settled);
    Transform again = asked;
    settleHints(again, consulted(hints, used), style);
    requireSame(again, settled, "what is not in Vary does not count");
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
        requireSettled(*transform, hints, HintStyle::cloudflare);
    }
    if (const auto transform = imagekit::parseChain(text, {})) {
        requireSettled(*transform, hints, HintStyle::imagekit);
    }
    return 0;
}
