// Opens and checks a source, cheap checks first: the type by the first bytes, the container, the
// header, then the numbers in the header.
#include "render/source.hpp"

#include <algorithm>

#include "render/container_scan.hpp"
#include "render/heif/container_check.hpp"
#include "render/probe.hpp"
#include "render/repaired_source.hpp"
#include "render/steps/orient.hpp"
#include "render/svg_scan.hpp"
#include "render/unreadable_kind.hpp"

namespace private_image {

namespace {

// Replaces the source's bytes by `bytes`, the repaired file. False if `bytes` is empty.
bool repair(RenderContext& context, RenderSource& source, std::vector<unsigned char> bytes) {
    if (bytes.empty()) {
        return false;
    }
    source.bytes = context.keep(std::move(bytes));
    source.isRepaired = true;
    return true;
}

bool readType(RenderContext& context, RenderSource& source) {
    const auto& bytes = source.bytes;
    if (bytes.empty()) {
        return context.fail(RenderProblem::damaged, source.what + " is empty");
    }
    const auto type = probeType(bytes);
    const auto& allowed = context.settings().sourceTypes;
    if (!type || std::find(allowed.begin(), allowed.end(), *type) == allowed.end()) {
        return context.fail(RenderProblem::unsupportedType,
                            source.what + " is not of a type in private_image_source_types");
    }
    source.type = *type;
    return true;
}

// A call of librsvg cannot be stopped, so drawings that may take long are refused first.
bool scanDrawing(RenderContext& context, RenderSource& source) {
    if (source.type != SourceType::svg) {
        return true;
    }
    const SvgVerdict verdict = scanSvg(source.bytes);
    source.elements = verdict.elements;
    return verdict.refusal.empty() ||
           context.fail(RenderProblem::unsupportedType,
                        source.what + ", a drawing, " + std::string(verdict.refusal));
}

// Decoders cannot be stopped either while they prepare their first line.
bool scanContainer(RenderContext& context, RenderSource& source) {
    const std::string_view excess = excessOf(source.type, source.bytes);
    if (!excess.empty()) {
        return context.fail(RenderProblem::tooLarge, source.what + " has " + std::string(excess));
    }
    repair(context, source, repairedJpeg(source.type, source.bytes));
    return true;
}

RenderProblem problemOf(HeifProblem problem) {
    switch (problem) {
        case HeifProblem::damaged:
            return RenderProblem::damaged;
        case HeifProblem::contradicts:
            return RenderProblem::tooLarge;
        case HeifProblem::unsupported:
            return RenderProblem::unsupportedType;
    }
    return RenderProblem::damaged;
}

// libheif trusts the declared sizes until it has decoded the pictures, so declared and coded sizes
// are compared before. checkPixels() applies the limits to containers whose sizes agree.
bool scanPictures(RenderContext& context, RenderSource& source, bool asksForPage) {
    if (source.type != SourceType::avif && source.type != SourceType::heic) {
        return true;
    }
    const HeifVerdict verdict = checkHeif(source.bytes, asksForPage);
    source.codedPixels = verdict.pixels;
    if (verdict.refusal.empty()) {
        return true;
    }
    const std::uint64_t limit = context.settings().limits.sourcePixels;
    if (verdict.pixels > limit) {
        return context.fail(
            RenderProblem::tooLarge,
            limitText(source.what, verdict.pixels, "private_image_max_source_pixels", limit));
    }
    return context.fail(problemOf(verdict.problem),
                        source.what + ", a container, " + std::string(verdict.refusal));
}

bool openHeader(RenderContext& context, RenderSource& source) {
    source.image = openSource(source.type, source.bytes, source.loadOptions());
    if (!source.image && repair(context, source, repairedPng(source.type, source.bytes))) {
        source.image = openSource(source.type, source.bytes, source.loadOptions());
    }
    if (!source.image) {
        return failOfSource(context, source, context.failureOf(source.what));
    }
    context.watch().guard(source.image);
    source.header = readHeader(source.image, source.type, source.bytes);
    return true;
}

// Pages of a document may differ in size, so the header of the requested page is read.
bool choosePages(RenderContext& context, RenderSource& source, const std::optional<Pages>& pages,
                 std::uint32_t frameLimit) {
    const std::uint32_t known = source.header.pages;
    const std::uint32_t first = pages ? pages->first : source.header.primaryPage;
    if (first >= known) {
        return context.fail(RenderProblem::badOptions, "page " + std::to_string(first) +
                                                           " (from 0) of " + std::to_string(known));
    }
    if (first != source.header.primaryPage) {
        source.firstPage = first;
        if (!openHeader(context, source)) {
            return false;
        }
    }
    const bool isAnimation = source.header.frames > 1;
    source.frames = isAnimation ? std::min(known - first, std::max(1u, frameLimit)) : 1;
    source.frames =
        std::clamp(pages ? pages->count.value_or(source.frames) : source.frames, 1u, source.frames);
    return true;
}

// Decoders and pipelines hold some dozens of lines in memory, even if the picture has fewer: ten
// lines of ten million pixels took 4 GB. A line wider than common formats permit counts as 128
// lines.
std::uint64_t countedHeight(Size stored) {
    constexpr std::uint32_t maxCommonSide = 65535;
    constexpr std::uint32_t linesHeld = 128;
    return stored.width > maxCommonSide ? std::max(stored.height, linesHeld) : stored.height;
}

// Frames are decoded in order, so frames before the first requested one cost as much.
bool checkPixels(RenderContext& context, const RenderSource& source) {
    const Limits& limits = context.settings().limits;
    const Size stored = source.header.stored;
    const std::uint64_t before = source.header.frames > 1 ? source.firstPage.value_or(0) : 0;
    const std::uint64_t pixels =
        std::max(pixelCount(stored.width, countedHeight(stored), before + source.frames),
                 source.codedPixels);
    if (!context.countSource(pixels, source.what)) {
        return false;
    }
    if (source.header.isProgressive && pixels > limits.progressivePixels) {
        return context.fail(RenderProblem::tooLarge,
                            limitText(source.what, pixels, "private_image_max_progressive_pixels",
                                      limits.progressivePixels));
    }
    return true;
}

}  // namespace

LoadOptions RenderSource::loadOptions() const {
    LoadOptions options;
    options.first = firstPage;
    options.failsOnWarning = isRepaired && type == SourceType::jpeg;
    return options;
}

Size RenderSource::upright() const {
    return withAxesOf(header.orientation, header.stored);
}

bool failOfSource(RenderContext& context, const RenderSource& source, std::string detail) {
    const std::string_view kind =
        unreadableKind(source.type, source.bytes, source.firstPage.value_or(0));
    return kind.empty() ? context.fail(RenderProblem::damaged, std::move(detail))
                        : context.fail(RenderProblem::unsupportedType,
                                       source.what + " is " + std::string(kind));
}

bool openJudged(RenderContext& context, std::span<const unsigned char> bytes,
                const std::optional<Pages>& pages, std::uint32_t frameLimit, RenderSource& source) {
    source.bytes = bytes;
    return readType(context, source) && scanDrawing(context, source) &&
           scanContainer(context, source) && scanPictures(context, source, pages.has_value()) &&
           openHeader(context, source) && choosePages(context, source, pages, frameLimit) &&
           checkPixels(context, source);
}

}  // namespace private_image
