// Shared by the targets that plan and render: parses a line with Cloudflare's options, or with
// ImageKit's "tr:" and a chain, and computes the expected size.
#pragma once

#include "dialect/dialect.hpp"
#include "fuzzing.hpp"
#include "render/plan.hpp"
#include "transform/client_hints.hpp"

namespace private_image::fuzzing {

// Resolves automatic values without client hints.
inline std::optional<Transform> resolvedTransform(std::string_view line) {
    const Dialect dialect = dialectOfOptions(line);
    auto read = dialect == Dialect::imagekit ? imagekit::parseChain(line.substr(3), variants())
                                             : cloudflare::readOptions(line);
    if (!read) {
        return std::nullopt;
    }
    applyClientHints(*read, {}, hintStyleOf(dialect));
    return std::move(*read);
}

// The expected size if both sides are given in pixels.
inline void requireRequestedSize(const Step& step, Size made) {
    const auto isPixels = [](const Length& side) { return side.unit == Length::Unit::pixels; };
    const bool isMultipliedLater = !step.densityFormula.isEmpty();
    if (!isPixels(step.width) || !isPixels(step.height) || isMultipliedLater) {
        return;
    }
    const double width = step.width.value, height = step.height.value;
    const std::string met = std::to_string(made.width) + 'x' + std::to_string(made.height) +
                            " for " + canonicalText({{step}});
    switch (step.fit) {
        case Fit::cover:
        case Fit::stretch:
        case Fit::pad:
        case Fit::padNoEnlarge:
        case Fit::padExtract:
            return require(made.width == width && made.height == height,
                           "a box is filled where a fit fills it", met);
        case Fit::inside:
        case Fit::insideNoEnlarge:
        case Fit::coverNoEnlarge:
        case Fit::coverRatio:
        case Fit::extract:
            return require(made.width <= width && made.height <= height,
                           "a box holds what is to fit into it", met);
        case Fit::outside:
            return require(made.width >= width && made.height >= height,
                           "a box is covered where a fit covers it", met);
        case Fit::insideNoShrink:
            return;
    }
}

}  // namespace private_image::fuzzing
