#include "render/inspect.hpp"

#include "render/idle_threads.hpp"
#include "render/source.hpp"

namespace private_image {

namespace {

Inspection inspectHeader(const RenderInput& input) {
    RenderContext context(input);
    RenderSource source;
    source.what = "the image";
    Inspection inspection;
    if (!openJudged(context, input.source, {}, input.settings->limits.frames, source)) {
        inspection.problem = context.outcome().problem;
        inspection.detail = context.outcome().detail;
        return inspection;
    }
    inspection.type = source.type;
    inspection.size = source.upright();
    inspection.frames = source.header.frames;
    inspection.hasAlpha = source.header.hasAlpha;
    return inspection;
}

}  // namespace

Inspection inspect(std::span<const unsigned char> bytes, const RenderSettings& settings) noexcept {
    try {
        const RunningRender counted;
        const Transform untransformed;
        RenderInput input;
        input.source = bytes;
        input.transform = &untransformed;
        input.settings = &settings;
        return inspectHeader(input);
    } catch (...) {  // only std::bad_alloc: nothing else here throws
        Inspection inspection;
        inspection.problem = RenderProblem::internal;
        return inspection;
    }
}

}  // namespace private_image
