// The order of a render: probe, header, limits, plan, then decode, steps, watermarks and encoding,
// each of them a file of its own. Pixels are computed as late as a step permits.
#include "render/renderer.hpp"

#include <algorithm>
#include <utility>

#include "render/finish.hpp"
#include "render/idle_threads.hpp"
#include "render/overlays.hpp"
#include "render/pipeline.hpp"

namespace private_image {

namespace {

bool openMain(Rendering& rendering, RenderSource& source) {
    const Transform& transform = rendering.transform();
    const std::uint32_t frameLimit = transform.isStill ? 1 : rendering.settings().limits.frames;
    source.what = "the source";
    const bool isOpen =
        openJudged(rendering, rendering.input().source, transform.pages, frameLimit, source);
    // What the header said is told even where it is refused.
    if (source.image) {
        rendering.outcome().sourceType = source.type;
        rendering.outcome().sourceSize = source.upright();
    }
    return isOpen;
}

// A description tells the size that an unmarked image has too.
bool mark(Rendering& rendering, Canvas& canvas, Format format) {
    return format == Format::json || addWatermarks(rendering, canvas);
}

// Where a step may yet ask for it, it is there to be dropped in the end.
bool mayKeepProfile(const Transform& transform, Format format) {
    bool mayBeAsked = transform.encoding.keepsProfile && holdsProfile(format);
    forEachStep(transform.steps, [&](const Step& step) {
        mayBeAsked = mayBeAsked || step.result.keepsProfile == true;
    });
    return mayBeAsked;
}

// With the size and the transparency that the result has.
Format formatOf(const Rendering& rendering, const Canvas& canvas) {
    return resultFormat(rendering, canvas.source(), canvas.frames().front().hasAlpha(),
                        canvas.size());
}

void run(Rendering& rendering) {
    RenderSource source;
    if (!openMain(rendering, source)) {
        return;
    }
    Format format = resultFormat(rendering, source, source.header.hasAlpha, {});
    const std::uint32_t frames = canAnimate(format) ? source.frames : 1;
    Canvas canvas(rendering, std::move(source), frames);
    if (mayKeepProfile(rendering.transform(), format)) {
        canvas.keepProfile();
    }
    if (!runSteps(rendering, canvas, rendering.transform().steps)) {
        return;
    }
    // Only now it is known what the steps that were reached ask for.
    format = formatOf(rendering, canvas);
    const bool keepsProfile = rendering.result().encoding.keepsProfile && holdsProfile(format);
    if ((!keepsProfile && !canvas.dropProfile()) || !mark(rendering, canvas, format)) {
        return;
    }
    format = formatOf(rendering, canvas);
    finishRender(rendering, canvas, format);
}

}  // namespace

std::uint64_t encoderFingerprint() {
    // To be counted up with every change here that makes other pictures of the same input.
    constexpr std::uint64_t ourVersion = 6;
    return ourVersion << 48 | static_cast<std::uint64_t>(vips_version(0)) << 32 |
           static_cast<std::uint64_t>(vips_version(1)) << 16 |
           static_cast<std::uint64_t>(vips_version(2));
}

RenderOutcome render(const RenderInput& input) noexcept {
    try {
        const RunningRender counted;
        Rendering rendering(input);
        run(rendering);
        return std::move(rendering.outcome());
    } catch (...) {
        // Only memory: nothing else here throws.
        return {};
    }
}

}  // namespace private_image
