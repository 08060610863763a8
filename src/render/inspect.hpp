// Judges an encoded image before it is stored.
#pragma once

#include <chrono>
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

enum class InspectionDepth : std::uint8_t {
    header,  // type, container, header and limits, as they are checked before every render
    pixels,  // and every pixel is decoded
};

// Blocks, until `deadline` where pixels are decoded: for a thread, which calls endVipsJob()
// afterwards. Never throws.
Inspection inspect(std::span<const unsigned char> bytes, const RenderSettings& settings,
                   InspectionDepth depth, std::chrono::steady_clock::time_point deadline) noexcept;

}  // namespace private_image
