// What all parts of one render share: its input, limits, deadline and outcome.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "render/error_text.hpp"
#include "render/renderer.hpp"
#include "render/steps/watch.hpp"

namespace private_image {

class RenderContext {
public:
    explicit RenderContext(const RenderInput& input);

    const RenderInput& input() const { return input_; }
    const Transform& transform() const { return *input_.transform; }
    const RenderSettings& settings() const { return *input_.settings; }
    const Watch& watch() const { return watch_; }
    RenderOutcome& outcome() { return outcome_; }

    // The transform's wishes for the result, changed by the steps that were reached. Has no steps.
    const Transform& result() const { return result_; }
    // Fails if the change's formula has no valid value for these sizes.
    bool change(const ResultChange& change, const ImageSizes& sizes);

    // These return false, with the outcome filled in: the render ends.
    bool fail(RenderProblem problem, std::string detail);
    bool failOfSize();

    // "WHAT: " and the text of libvips' error, or why there is no text.
    std::string failureOf(std::string_view what) const;

    // Keeps bytes that replace a source's until the render ends.
    std::span<const unsigned char> keep(std::vector<unsigned char> bytes);
    bool mayGoOn();

    // Adds the pixels of a source that is about to be decoded; fails beyond the limit.
    bool countSource(std::uint64_t pixels, std::string_view what);

    // Fails if the frames of the result, or of an intermediate image, are together beyond the
    // limit.
    bool mayMake(Size size, std::uint32_t frames);

    // Empty if the layer's image was not fetched.
    std::optional<std::span<const unsigned char>> bytesOf(const Layer& layer) const;

private:
    const RenderInput& input_;
    Watch watch_;
    RenderOutcome outcome_;
    Transform result_;
    std::uint64_t pixelsOpened_ = 0;
    std::unordered_map<const Layer*, std::size_t> layerOrder_;
    ErrorText errorText_;
    std::vector<std::vector<unsigned char>> kept_;
};

// "WHAT: MET pixels exceed DIRECTIVE LIMIT".
std::string limitText(std::string_view what, std::uint64_t met, std::string_view directive,
                      std::uint64_t limit);

// A library's message as one line of printable text, at most 200 bytes: it may quote a source,
// including its line ends.
std::string printableLine(std::string_view text);

}  // namespace private_image
