// What all parts of one render share: what is asked, what it may cost, when it has to stop, and how
// it ended. Knows no step.
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

    // What is asked of the result, as the steps that were reached have changed it. Has no steps.
    const Transform& result() const { return result_; }
    // False, with a failure, where its formula has no usable value for these sizes.
    bool change(const ResultChange& change, const ImageSizes& sizes);

    // All of these return false, with the outcome filled in, where the render ends.
    bool fail(RenderProblem problem, std::string detail);
    bool failOfSize();

    // "WHAT: " and the text of libvips' error, or why there is none.
    std::string failureOf(std::string_view what) const;

    // Holds bytes that take the place of a source's until the render ends.
    std::span<const unsigned char> keep(std::vector<unsigned char> bytes);
    bool mayGoOn();

    // Adds what is about to be decoded to the pixels of all inputs.
    bool countSource(std::uint64_t pixels, std::string_view what);

    // An image in between, or the result: its frames together against the limit.
    bool mayMake(Size size, std::uint32_t frames);

    // Empty where nobody fetched them.
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

// What a library says, as one line of printable text and short enough for a log: it may quote a
// stranger's picture, line ends and all.
std::string printableLine(std::string_view text);

}  // namespace private_image
