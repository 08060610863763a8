// Complete renders. The first line is a transformation: Cloudflare's options, or ImageKit's "tr:"
// and a chain. The rest is the source, which is also used for every layer. Every input must be
// rendered within the limits or refused, and never fail with an internal error.
#include <cstring>

#include "render/idle_threads.hpp"
#include "render/probe.hpp"
#include "render/render_context.hpp"
#include "render/renderer.hpp"
#include "render/steps/load.hpp"
#include "render/vips_runtime.hpp"
#include "request_checks.hpp"
#include "requested_plan.hpp"
#include "vips_objects.hpp"

namespace private_image::fuzzing {
namespace {

using std::chrono::steady_clock;

constexpr SourceType everyType[] = {SourceType::jpeg, SourceType::png,  SourceType::webp,
                                    SourceType::gif,  SourceType::avif, SourceType::heic,
                                    SourceType::tiff, SourceType::svg,  SourceType::jxl};
constexpr auto maxRender = std::chrono::seconds(5);

// Small limits, so that many renders run per second. Some seeds are below each limit, some above.
const RenderSettings& settingsOf() {
    static const RenderSettings all = [] {
        RenderSettings settings;
        settings.limits = {300'000, 150'000, 200'000, 6};
        settings.sourceTypes.assign(std::begin(everyType), std::end(everyType));
        for (EncoderSettings& encoder : settings.encoders) {
            encoder.effort = 1;
        }
        return settings;
    }();
    return all;
}

RenderOutcome renderOf(const Transform& transform, std::string_view source,
                       steady_clock::duration maxDuration = maxRender,
                       const RenderSettings& settings = settingsOf()) {
    RenderInput input;
    input.source = bytesOf(source);
    input.layers.assign(imageLayers(transform).size(), input.source);
    input.transform = &transform;
    input.settings = &settings;
    if (isNegotiated(transform)) {
        input.negotiated = {Format::avif, Format::webp};
    }
    input.deadline = steady_clock::now() + maxDuration;
    const int before = objectsAlive();
    RenderOutcome outcome = render(input);
    require(outcome.rendered || outcome.problem != RenderProblem::timeout ||
                steady_clock::now() >= input.deadline,
            "who has time left is not timed out", outcome.detail);
    require(objectsFallTo(before), "a render leaves nothing behind", outcome.detail);
    endVipsJob();
    return outcome;
}

std::optional<SourceType> typeOf(Format format) {
    return format == Format::json ? std::nullopt : sourceTypeFromName(formatName(format));
}

// Metadata that must not be kept: place, camera and author. With a requested density or profile,
// libvips writes an EXIF block itself.
void requireNoMetadata(const Image& header, bool mayHaveExif) {
    for (const char* field :
         {VIPS_META_XMP_NAME, VIPS_META_IPTC_NAME, "exif-ifd0-Artist", "exif-ifd0-Copyright",
          "exif-ifd0-Make", "exif-ifd3-GPSLatitude", VIPS_META_EXIF_NAME}) {
        require(vips_image_get_typeof(header.get(), field) == 0 ||
                    (mayHaveExif && field == std::string_view(VIPS_META_EXIF_NAME)),
                "a result keeps no metadata without a request", field);
    }
}

bool keepsSomething(const Transform& transform) {
    bool keeps = transform.encoding.density || transform.encoding.keepsProfile;
    forEachStep(transform.steps, [&keeps](const Step& step) {
        keeps = keeps || step.result.density || !step.result.densityFormula.isEmpty() ||
                step.result.keepsProfile.value_or(false);
    });
    return keeps;
}

void requireDecodes(const Transform& transform, const Rendered& rendered) {
    const std::span<const unsigned char> bytes(rendered.bytes.data.get(), rendered.bytes.size);
    const auto type = typeOf(rendered.format);
    if (!type) {
        require(bytes.size() > 2 && bytes.front() == '{' && bytes.back() == '}', "JSON is whole");
        return;
    }
    require(probeType(bytes) == type, "a result is of the type that it is sent as",
            sourceTypeName(*type));
    const Image header = openSource(*type, bytes);
    require(bool(header), "a result has a header", vips_error_buffer());
    if (!keepsMetadata(transform)) {
        requireNoMetadata(header, keepsSomething(transform));
    }
    const SourceHeader read = readHeader(header, *type, bytes);
    require(read.stored == rendered.size, "a result has the size that was promised",
            std::to_string(read.stored.width) + "x" + std::to_string(read.stored.height) + " for " +
                std::to_string(rendered.size.width) + "x" + std::to_string(rendered.size.height));
    // Encoders merge equal frames.
    require(read.frames <= rendered.frames, "a result has no more frames than promised");
    const Image image = openSource(*type, bytes, {.frames = read.frames});
    double unused = 0;
    require(image && vips_avg(image.get(), &unused, static_cast<void*>(nullptr)) == 0,
            "a result decodes", vips_error_buffer());
}

// Checks what is known without rendering again: the format, and the size that a step produces if no
// later step changes it.
void requireRequested(const Transform& transform, const RenderOutcome& outcome) {
    const Rendered& rendered = *outcome.rendered;
    const bool isDecided = !hasResultChange(transform.steps);
    if (isDecided && transform.formatChoice == FormatChoice::named) {
        require(rendered.format == transform.format, "a result has the format that was asked for",
                formatName(rendered.format));
    } else if (isDecided) {
        require(rendered.format != Format::jxl && rendered.format != Format::json,
                "a format that not all clients read must be named", formatName(rendered.format));
    }
    if (rendered.format == Format::json) {
        return;
    }
    if (transform.steps.empty()) {
        require(rendered.size == outcome.sourceSize, "what is not to be changed keeps its size");
    } else if (const Step& last = transform.steps.back();
               !last.condition && last.rotation == 0 && !last.border && !last.distort) {
        requireRequestedSize(last, rendered.size);
    }
}

void requireAffordable(SourceType type, std::span<const unsigned char> source, std::uint32_t page) {
    const Image header = openSource(type, source, {.first = page});
    require(bool(header), "what was rendered has a header", vips_error_buffer());
    const SourceHeader read = readHeader(header, type, source);
    const Limits& limits = settingsOf().limits;
    require(pixelCount(read.stored.width, read.stored.height, 1) <=
                (read.isProgressive ? limits.progressivePixels : limits.sourcePixels),
            "pixels of a source are limited");
}

void requireOutcome(const Transform& transform, std::string_view source,
                    const RenderOutcome& outcome) {
    if (!outcome.rendered) {
        require(outcome.problem != RenderProblem::internal, "no input is our own fault",
                outcome.detail);
        require(!outcome.detail.empty() && isPrintable(outcome.detail), "a detail is printable",
                outcome.detail);
        return;
    }
    const Rendered& rendered = *outcome.rendered;
    const Limits& limits = settingsOf().limits;
    require(rendered.frames >= 1 && rendered.frames <= limits.frames, "frames are limited");
    require(pixelCount(rendered.size.width, rendered.size.height, rendered.frames) <=
                limits.outputPixels,
            "pixels are limited");
    requireAffordable(*outcome.sourceType, bytesOf(source),
                      transform.pages.value_or(Pages{}).first);
    requireRequested(transform, outcome);
    requireDecodes(transform, rendered);
}

// A strong ETag promises identical bytes.
void requireSameBytes(const RenderOutcome& one, const RenderOutcome& other) {
    require(bool(one.rendered) == bool(other.rendered), "a render ends the same every time",
            one.detail + other.detail);
    require(!one.rendered ||
                (one.rendered->bytes.size == other.rendered->bytes.size &&
                 std::memcmp(one.rendered->bytes.data.get(), other.rendered->bytes.data.get(),
                             one.rendered->bytes.size) == 0),
            "a render makes the same bytes every time");
}

// A render that is stopped at any point must report it.
void requireStops(const Transform& transform, std::string_view source,
                  steady_clock::duration maxDuration) {
    const RenderOutcome outcome = renderOf(transform, source, maxDuration);
    require(outcome.rendered || outcome.problem == RenderProblem::timeout,
            "a render that is stopped says so", outcome.detail);
}

void requireRefusedWithout(SourceType type, const Transform& transform, std::string_view source) {
    RenderSettings settings = settingsOf();
    std::erase(settings.sourceTypes, type);
    const RenderOutcome outcome = renderOf(transform, source, maxRender, settings);
    require(!outcome.rendered && outcome.problem == RenderProblem::unsupportedType,
            "only what is allowed is decoded", outcome.detail);
}

}  // namespace
}  // namespace private_image::fuzzing

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size,
                                        std::size_t maxDuration);

// Changes either the line or the source. Changes across the end of the line would mostly leave
// nothing to render.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t maxDuration, unsigned seed) {
    using namespace private_image::fuzzing;
    if (maxDuration < 2) {
        return LLVMFuzzerMutate(data, size, maxDuration);
    }
    std::string_view rest = textOf(data, size);
    std::string line(takeLine(rest));
    std::string source(rest);
    const std::size_t left = maxDuration - std::min(maxDuration, line.size() + 1);
    std::string& part = seed % 2 == 0 || left == 0 ? line : source;
    const std::size_t room = std::min<std::size_t>(&part == &line ? 512 : left, maxDuration - 1);
    std::string changed = part.substr(0, room);
    const std::size_t before = changed.size();
    changed.resize(room);
    changed.resize(LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(changed.data()), before, room));
    part = changed;
    const std::string whole = (line + '\n' + source).substr(0, maxDuration);
    std::ranges::copy(whole, data);
    return whole.size();
}

// Combines the transformation of one input with the source of the other.
extern "C" std::size_t LLVMFuzzerCustomCrossOver(const std::uint8_t* one, std::size_t oneSize,
                                                 const std::uint8_t* other, std::size_t otherSize,
                                                 std::uint8_t* out, std::size_t maxDuration,
                                                 unsigned) {
    using namespace private_image::fuzzing;
    std::string_view rest = textOf(one, oneSize), source = textOf(other, otherSize);
    takeLine(source);
    const std::string whole = std::string(takeLine(rest)) + '\n' + std::string(source);
    const std::size_t size = std::min(whole.size(), maxDuration);
    std::ranges::copy(whole.substr(0, size), out);
    return size;
}

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    using namespace private_image;
    std::string problem;
    fuzzing::require(startVips(
                         fuzzing::everyType, [](std::string_view) {}, problem),
                     problem);
    // Otherwise threads that are about to end would be reported as leaks.
    std::atexit([] {
        stopKeepingIdleThreads();
        vips_shutdown();
    });
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace private_image::fuzzing;
    std::string_view rest = textOf(data, size);
    const auto transform = resolvedTransform(takeLine(rest));
    if (!transform) {
        return -1;  // not worth keeping: parsers have targets of their own
    }
    const auto begin = steady_clock::now();
    const private_image::RenderOutcome outcome = renderOf(*transform, rest);
    const auto taken = steady_clock::now() - begin;
    requireOutcome(*transform, rest, outcome);
    if (taken < std::chrono::milliseconds(20)) {
        requireSameBytes(outcome, renderOf(*transform, rest));
    }
    if (outcome.rendered) {
        requireStops(*transform, rest, taken / 2);
        requireRefusedWithout(*outcome.sourceType, *transform, rest);
    }
    vips_error_clear();
    return 0;
}
