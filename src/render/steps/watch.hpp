// Tells a running computation to stop when its deadline passes or nobody wants it any more.
// Never moves an image out of the thread that computes it.
#pragma once

#include <atomic>
#include <chrono>
#include <optional>

#include "render/renderer.hpp"
#include "render/steps/image.hpp"

namespace private_image {

class Watch {
public:
    Watch(std::chrono::steady_clock::time_point deadline, const std::atomic<bool>* cancelled)
        : deadline_(deadline), cancelled_(cancelled) {}

    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

    // RenderProblem::cancelled or ::timeout, or empty while work may go on.
    std::optional<RenderProblem> reasonToStop() const;

    // From now on `image`, and what is computed from it, is stopped when there is a reason. The
    // watch must outlive the image.
    void guard(const Image& image) const;

    // The pixels of `image`, computed now and guarded. Random access; computed only once.
    Image settle(const Image& image) const;

private:
    std::chrono::steady_clock::time_point deadline_;
    const std::atomic<bool>* cancelled_;
};

}  // namespace private_image
