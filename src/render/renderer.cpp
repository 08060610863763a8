// The order of a render: probe, header, limits, plan, then decode, steps, watermarks and encoding,
// each in its own file. Pixels are computed as late as a step permits.
#include "render/renderer.hpp"

#include <algorithm>
#include <utility>

#include "render/finish.hpp"
#include "render/idle_threads.hpp"
#include "render/overlays.hpp"
#include "render/pipeline.hpp"

namespace private_image {

namespace {

bool openMainSource(RenderContext& context, RenderSource& source) {
    const Transform& transform = context.transform();
    const std::uint32_t frameLimit = transform.isStill ? 1 : context.settings().limits.frames;
    source.what = "the source";
    const bool isOpen =
        openJudged(context, context.input().source, transform.pages, frameLimit, source);
    // Reports what the header says even if the source is refused.
    if (source.image) {
        context.outcome().sourceType = source.type;
        context.outcome().sourceSize = source.upright();
    }
    return isOpen;
}

// A JSON description has no watermark: it gives the size, which a watermark does not change.
bool drawWatermarks(RenderContext& context, Canvas& canvas, Format format) {
    return format == Format::json || addWatermarks(context, canvas);
}

// Steps with conditions may not run, so a profile that any step requests is kept until the end, and
// dropped there if no step that ran requested it.
bool mayKeepProfile(const Transform& transform, Format format) {
    bool isRequested = transform.encoding.keepsProfile && holdsProfile(format);
    forEachStep(transform.steps, [&](const Step& step) {
        isRequested = isRequested || step.result.keepsProfile == true;
    });
    return isRequested;
}

// Depends on the size and the transparency of the result.
Format formatOf(const RenderContext& context, const Canvas& canvas) {
    return resultFormat(context, canvas.source(), canvas.frames().front().hasAlpha(),
                        canvas.size());
}

void run(RenderContext& context) {
    RenderSource source;
    if (!openMainSource(context, source)) {
        return;
    }
    Format format = resultFormat(context, source, source.header.hasAlpha, {});
    const std::uint32_t frames = canAnimate(format) ? source.frames : 1;
    Canvas canvas(context, std::move(source), frames);
    if (mayKeepProfile(context.transform(), format)) {
        canvas.keepProfile();
    }
    if (!runSteps(context, canvas, context.transform().steps)) {
        return;
    }
    // The steps that ran may have changed the result's format.
    format = formatOf(context, canvas);
    const bool keepsProfile = context.result().encoding.keepsProfile && holdsProfile(format);
    if ((!keepsProfile && !canvas.dropProfile()) || !drawWatermarks(context, canvas, format)) {
        return;
    }
    format = formatOf(context, canvas);
    finishRender(context, canvas, format);
}

}  // namespace

std::uint64_t encoderFingerprint() {
    // Increase it with every change that renders the same input to different bytes.
    constexpr std::uint64_t ourVersion = 6;
    return ourVersion << 48 | static_cast<std::uint64_t>(vips_version(0)) << 32 |
           static_cast<std::uint64_t>(vips_version(1)) << 16 |
           static_cast<std::uint64_t>(vips_version(2));
}

RenderOutcome render(const RenderInput& input) noexcept {
    try {
        const RunningRender counted;
        RenderContext context(input);
        run(context);
        return std::move(context.outcome());
    } catch (...) {
        // Only std::bad_alloc: nothing else here throws.
        return {};
    }
}

}  // namespace private_image
