// Plans. The first line is a transformation: Cloudflare's options, or ImageKit's "tr:" and a chain.
// Twelve bytes follow with the size of the image, that of its parent, and the limit of pixels.
// Every plan must be within the limits and within the picture.
#include <cstring>

#include "render/limits.hpp"
#include "requested_plan.hpp"

namespace private_image::fuzzing {
namespace {

struct Situation {
    Size source, parent;
    PlanBounds bounds;

    ImageSizes sizes() const {
        return {double(source.width),  double(source.height), double(source.width),
                double(source.height), double(parent.width),  double(parent.height)};
    }
};

Situation situationOf(std::string_view bytes) {
    std::uint16_t numbers[6] = {};
    std::memcpy(numbers, bytes.data(), std::min(bytes.size(), sizeof(numbers)));
    return {{numbers[0], numbers[1]},
            {numbers[2], numbers[3]},
            {numbers[4] * std::uint64_t{1000}, 1u + numbers[5] % 300}};
}

bool isWithin(const Rectangle& inner, Size outer) {
    return inner.left >= 0 && inner.top >= 0 && inner.width >= 1 && inner.height >= 1 &&
           std::uint32_t(inner.left) + inner.width <= outer.width &&
           std::uint32_t(inner.top) + inner.height <= outer.height;
}

bool isAffordable(Size size, const PlanBounds& bounds) {
    return pixelCount(size.width, size.height, bounds.frames) <= bounds.pixels;
}

void requireResize(const Step& step, const Situation& at) {
    const auto planned = planResize(at.source, step, at.sizes(), at.bounds);
    if (!planned.plan) {
        return;
    }
    const ResizePlan& plan = *planned.plan;
    require(plan.scaled.width >= 1 && plan.scaled.height >= 1, "a plan has pixels");
    require(plan.scaled == at.source || isAffordable(plan.scaled, at.bounds),
            "what is made by scaling is limited");
    require(isAffordable(plan.canvas, at.bounds), "what comes out is limited");
    require(isWithin(plan.cut, plan.scaled), "a cut is of the picture");
    require(isWithin(plan.placed, plan.canvas), "a picture lies on its canvas");
    require(plan.placed.width == plan.cut.width && plan.placed.height == plan.cut.height,
            "what is cut is laid");
    requireRequestedSize(step, plan.canvas);
    require(planResize(at.source, step, at.sizes(), at.bounds).plan == plan,
            "a plan is the same every time");
}

// A picture that is as large as the part that is cut out, or slightly smaller or larger.
Situation atTheEdge(const Step& step, const Situation& at, double beyond) {
    const auto reach = [beyond](const std::optional<Quantity>& offset, const Length& near,
                                const Length& trimmed, const Length& side) {
        const double sum =
            (offset ? offset->constant : 0) + near.value + trimmed.value + side.value;
        return static_cast<std::uint32_t>(std::clamp(sum - beyond, 1.0, 200'000.0));
    };
    Situation edge = at;
    edge.source = {reach(step.x, step.trim.left, step.trim.width, step.width),
                   reach(step.y, step.trim.top, step.trim.height, step.height)};
    return edge;
}

void requireTrim(const Step& step, const Situation& at) {
    const auto planned = planTrim(at.source, step.trim, at.sizes());
    require(!planned.plan || at.source.width == 0 || at.source.height == 0 ||
                isWithin(*planned.plan, at.source),
            "a trim leaves a part of the picture");
}

}  // namespace
}  // namespace private_image::fuzzing

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace private_image;
    using namespace private_image::fuzzing;
    std::string_view rest = textOf(data, size);
    const auto transform = resolvedTransform(takeLine(rest));
    if (!transform) {
        return -1;  // not worth keeping: parsers have targets of their own
    }
    const Situation at = situationOf(rest);
    forEachStep(transform->steps, [&at](const Step& step) {
        for (const Situation& each :
             {at, atTheEdge(step, at, -1), atTheEdge(step, at, 0), atTheEdge(step, at, 1)}) {
            requireTrim(step, each);
            requireResize(step, each);
        }
        if (step.condition) {
            holds(*step.condition, at.sizes());
        }
    });
    return 0;
}
