// Bytes and a transform in; encoded bytes, type and timings out. Runs in a render thread; knows no
// HTTP, threads or queues, and touches nothing but what it is given.
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

// How one format is encoded. Quality 1 to 100, where the format has one; effort 0 to 10 as libvips
// scales it for the format.
struct EncoderSettings {
    std::uint8_t quality = 80;
    std::uint8_t effort = 4;
};

// In the order of Format, json excepted. The efforts are the knees of bytes against CPU, measured
// on photographs: beyond them a few bytes cost many times the work.
inline constexpr std::array<EncoderSettings, 6> defaultEncoders{{
    {80, 4},  // jpeg: has no effort
    {80, 4},  // png
    {80, 4},  // webp
    {50, 3},  // avif
    {80, 4},  // gif
    {80, 5},  // jxl
}};

// A location's settings; shared by all its renders and never changed.
struct RenderSettings {
    Limits limits;
    std::vector<SourceType> sourceTypes;                        // what may be decoded
    std::array<EncoderSettings, 6> encoders = defaultEncoders;  // indexed by Format
    std::optional<Format> format;  // private_image_format FORMAT; empty: source
};

struct RenderInput {
    std::span<const unsigned char> source;
    std::vector<std::span<const unsigned char>> layers;  // in the order of imageLayers()
    const Transform* transform = nullptr;
    const RenderSettings* settings = nullptr;
    std::vector<Format> negotiated;  // not empty only where `auto` is in force
    std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
    const std::atomic<bool>* cancelled = nullptr;  // read while pixels are computed; may be null
};

enum class RenderProblem : std::uint8_t {
    unsupportedType,  // not an allowed type
    tooLarge,         // source pixels; detail names the limit, its directive and the value met
    damaged,          // source damaged or truncated
    badOptions,       // options that this image cannot satisfy; detail names them
    outputTooLarge,   // a result or an image in between; also what the encoder cannot hold
    timeout,          // the deadline passed
    cancelled,
    internal,  // memory, or libvips refused for no reason of the source's
};

// Encoded bytes, or a JSON text, in libvips' own memory.
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
    // What was learned of the source, as far as it got.
    std::optional<SourceType> sourceType;
    Size sourceSize;  // upright (after EXIF orientation), of one frame
};

// Tells encoders apart that may write other bytes for the same input: ours and libvips' versions.
std::uint64_t encoderFingerprint();

// Never throws. Leaves no libvips state behind in the thread but what endVipsJob() ends.
RenderOutcome render(const RenderInput& input) noexcept;

}  // namespace private_image
