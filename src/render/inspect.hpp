// Judges an encoded image by its header, before it is stored: no pixel is decoded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "render/renderer.hpp"

namespace private_image {

struct Inspection {
    std::optional<RenderProblem> problem;  // why render() would refuse it; empty: it would not
    std::string detail;                    // of the problem: for the log, printable
    SourceType type = SourceType::jpeg;
    Size size;  // of one frame, upright
    std::uint32_t frames = 1;
    bool hasAlpha = false;
};

// Type, container, header and limits, checked as before every render. Blocks: for a thread, which
// calls endVipsJob() afterwards. Never throws.
Inspection inspect(std::span<const unsigned char> bytes, const RenderSettings& settings) noexcept;

}  // namespace private_image
