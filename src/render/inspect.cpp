#include "render/inspect.hpp"

#include "render/idle_threads.hpp"
#include "render/source.hpp"

namespace private_image {

namespace {

// All frames that a render would use. A drawing has no pixels of its own.
bool decode(RenderContext& context, const RenderSource& source) {
    if (source.type == SourceType::svg) {
        return true;
    }
    LoadOptions options = source.loadOptions();
    options.frames = source.frames;
    const Image image = openSource(source.type, source.bytes, options);
    double mean = 0;
    if (image) {
        context.watch().guard(image);
        if (vips_avg(image.get(), &mean, static_cast<void*>(nullptr)) == 0) {
            return true;
        }
    }
    return context.mayGoOn() && failOfSource(context, source, context.failureOf(source.what));
}

Inspection inspectSource(const RenderInput& input, InspectionDepth depth) {
    RenderContext context(input);
    RenderSource source;
    source.what = "the image";
    const bool isAccepted =
        openJudged(context, input.source, {}, input.settings->limits.frames, source) &&
        (depth == InspectionDepth::header || decode(context, source));
    Inspection inspection;
    if (!isAccepted) {
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

Inspection inspect(std::span<const unsigned char> bytes, const RenderSettings& settings,
                   InspectionDepth depth, std::chrono::steady_clock::time_point deadline) noexcept {
    try {
        const RunningRender counted;
        const Transform untransformed;
        RenderInput input;
        input.source = bytes;
        input.transform = &untransformed;
        input.settings = &settings;
        input.deadline = deadline;
        return inspectSource(input, depth);
    } catch (...) {  // only std::bad_alloc: nothing else here throws
        Inspection inspection;
        inspection.problem = RenderProblem::internal;
        return inspection;
    }
}

}  // namespace private_image
