// Renders: encoded source and transform in; encoded result, type and size out. Runs in a render
// thread and uses only its input and libvips.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "render/format_choice.hpp"
#include "render/limits.hpp"
#include "render/plan.hpp"
#include "transform/transform.hpp"

namespace private_image {

// How one format is encoded. Quality 1 to 100, if the format has one; effort 0 to 10 as libvips
// scales it for the format.
struct EncoderSettings {
    std::uint8_t quality = 80;
    std::uint8_t effort = 4;
};

// In the order of Format, except json. Efforts were chosen by measuring photographs: higher ones
// save a few bytes for many times the CPU.
inline constexpr std::array<EncoderSettings, 6> defaultEncoders{{
    {80, 4},  // jpeg: has no effort
    {80, 4},  // png
    {80, 4},  // webp
    {50, 3},  // avif
    {80, 4},  // gif
    {80, 5},  // jxl
}};

// A location's settings; shared by all its renders and constant.
struct RenderSettings {
    Limits limits;
    std::vector<SourceType> sourceTypes;                        // that may be decoded
    std::array<EncoderSettings, 6> encoders = defaultEncoders;  // indexed by Format
    std::optional<Format> format;  // private_image_format FORMAT; empty: source
};

struct RenderInput {
    std::span<const unsigned char> source;
    std::vector<std::span<const unsigned char>> layers;  // in the order of imageLayers()
    const Transform* transform = nullptr;
    const RenderSettings* settings = nullptr;
    std::vector<Format> negotiated;  // empty unless `auto` is in force
    std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
    const std::atomic<bool>* cancelled = nullptr;  // read while pixels are computed; may be null
};

enum class RenderProblem : std::uint8_t {
    unsupportedType,  // not an allowed type
    tooLarge,         // too many source pixels; detail names the limit, its directive and the value
    damaged,          // source damaged or truncated
    badOptions,       // options that this image cannot satisfy; detail names them
    outputTooLarge,   // the result or an intermediate image; also if the encoder cannot hold it
    timeout,          // the deadline passed
    cancelled,
    internal,  // out of memory, or a failure of libvips that the source did not cause
};

// Encoded bytes, or a JSON text, in memory of libvips.
struct EncodedBytes {
    struct Free {
        void operator()(unsigned char* p) const noexcept;
    };
    std::unique_ptr<unsigned char, Free> data;
    std::size_t size = 0;
};

struct Rendered {
    EncodedBytes bytes;
    Format format = Format::jpeg;
    Size size;  // of one frame
    std::uint32_t frames = 1;
};

struct RenderOutcome {
    std::optional<Rendered> rendered;
    RenderProblem problem = RenderProblem::internal;
    std::string detail;  // for the log, printable; never for the client
    // What is known of the source; partly filled if it was refused early.
    std::optional<SourceType> sourceType;
    Size sourceSize;  // upright (after EXIF orientation), of one frame
};

// Differs between encoders that may write other bytes for the same input: versions of this code and
// of libvips.
std::uint64_t encoderFingerprint();

// Never throws. The only libvips state that stays in the thread is what endVipsJob() ends.
RenderOutcome render(const RenderInput& input) noexcept;

}  // namespace private_image
