// What will be done, in numbers, before a pixel is decoded. Pure arithmetic; knows no libvips.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "transform/transform.hpp"

namespace private_image {

struct Size {
    std::uint32_t width = 0, height = 0;
    bool operator==(const Size&) const = default;
};

struct Rectangle {
    std::int32_t left = 0, top = 0;
    std::uint32_t width = 0, height = 0;
    bool operator==(const Rectangle&) const = default;
};

// Scale to `scaled`, then cut `cut` out of it, then lay it at (`placed.left`, `placed.top`) on a
// canvas of `canvas`. cut covers all of scaled where nothing is cut; canvas equals cut's size
// where nothing is padded.
struct ResizePlan {
    Size scaled;
    Rectangle cut;
    Rectangle placed;
    Size canvas;
    bool cutByAttention = false;  // cut's left/top are to be chosen by content
    bool operator==(const ResizePlan&) const = default;
};

enum class PlanProblem : std::uint8_t { cutBeyondEdge, tooLarge };

// The plan of one step for an (upright) source. Sides are rounded to nearest, at least 1.
// Fails where an extract with x or y leaves the image, or where any image in between would exceed
// `maxPixels` / `frames`.
struct PlanResult {
    std::optional<ResizePlan> plan;
    PlanProblem problem = PlanProblem::tooLarge;
};
PlanResult planResize(Size source, const Step& step, std::uint64_t maxPixels, std::uint32_t frames);

// The format of the result. `named`: the request's or the location's fixed format; `negotiated`:
// formats acceptable to the client, best first (private_image_format auto); else the source's
// family (heic and tiff become jpeg, or png with alpha; svg png; jxl jpeg, or png with alpha).
// An animated source takes the first of `negotiated` that can move (webp, gif), else gif or webp as
// the source is; a `named` still format takes its first frame.
struct FormatQuestion {
    std::optional<Format> named;
    std::span<const Format> negotiated;
    SourceType source = SourceType::jpeg;
    bool hasAlpha = false;
    bool animated = false;
};
Format chooseFormat(const FormatQuestion& question);

bool canAnimate(Format format);

}  // namespace private_image
