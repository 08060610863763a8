// Every function that returns false has called fail(), which writes the outcome.
#include "render/render_context.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace private_image {

namespace {

Transform resultOf(const Transform& transform) {
    Transform result;
    result.formatChoice = transform.formatChoice;
    result.format = transform.format;
    result.encoding = transform.encoding;
    result.metadata = transform.metadata;
    result.watermarks = transform.watermarks;
    return result;
}

}  // namespace

RenderContext::RenderContext(const RenderInput& input)
    : input_(input), watch_(input.deadline, input.cancelled), result_(resultOf(*input.transform)) {
    for (const Layer* layer : imageLayers(*input.transform)) {
        layerOrder_.emplace(layer, layerOrder_.size());
    }
}

bool RenderContext::change(const ResultChange& change, const ImageSizes& sizes) {
    apply(change, result_);
    if (change.densityFormula.isEmpty()) {
        return true;
    }
    const auto dots = evaluate(change.densityFormula, sizes);
    if (!dots || *dots < 1 || *dots > maxDotsPerInch) {
        return fail(RenderProblem::badOptions, "a formula's dots per inch are not from 1 to 1200");
    }
    result_.encoding.density = static_cast<std::uint16_t>(std::lround(*dots));
    return true;
}

bool RenderContext::fail(RenderProblem problem, std::string detail) {
    outcome_.problem = problem;
    outcome_.detail = std::move(detail);
    return false;
}

bool RenderContext::failOfSize() {
    return fail(RenderProblem::outputTooLarge,
                "the result, or an intermediate image, exceeds private_image_max_output_pixels " +
                    std::to_string(settings().limits.outputPixels));
}

std::string RenderContext::failureOf(std::string_view what) const {
    const auto text = errorText_.take();
    const std::string_view noText = "no error text, since other renders ran at the same time";
    return std::string(what) + ": " + (text ? *text : std::string(noText));
}

std::span<const unsigned char> RenderContext::keep(std::vector<unsigned char> bytes) {
    return kept_.emplace_back(std::move(bytes));
}

bool RenderContext::mayGoOn() {
    if (const auto reason = watch_.reasonToStop()) {
        return fail(*reason, *reason == RenderProblem::timeout ? "the deadline passed"
                                                               : "no request waits for the result");
    }
    return true;
}

bool RenderContext::countSource(std::uint64_t pixels, std::string_view what) {
    pixelsOpened_ += std::min(pixels, UINT64_MAX - pixelsOpened_);
    const std::uint64_t limit = settings().limits.sourcePixels;
    return pixelsOpened_ <= limit ||
           fail(RenderProblem::tooLarge,
                limitText(what, pixelsOpened_, "private_image_max_source_pixels", limit));
}

bool RenderContext::mayMake(Size size, std::uint32_t frames) {
    return pixelCount(size.width, size.height, frames) <= settings().limits.outputPixels ||
           failOfSize();
}

std::optional<std::span<const unsigned char>> RenderContext::bytesOf(const Layer& layer) const {
    const auto found = layerOrder_.find(&layer);
    if (found == layerOrder_.end() || found->second >= input_.layers.size()) {
        return std::nullopt;
    }
    return input_.layers[found->second];
}

std::string limitText(std::string_view what, std::uint64_t met, std::string_view directive,
                      std::uint64_t limit) {
    return std::string(what) + ": " + std::to_string(met) + " pixels exceed " +
           std::string(directive) + " " + std::to_string(limit);
}

std::string printableLine(std::string_view text) {
    constexpr std::size_t maxLength = 200;
    std::string line(text.substr(0, maxLength));
    std::ranges::replace_if(
        line, [](char c) { return c < ' ' || c > '~'; }, ' ');
    line.erase(line.find_last_not_of(' ') + 1);
    return line;
}
}  // namespace private_image
