// Stops a running computation when its deadline passes or no request waits for it any more. All in
// the computing thread.
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

    // RenderProblem::cancelled or ::timeout, or empty while work may continue.
    std::optional<RenderProblem> reasonToStop() const;

    // From now on, stops `image` and images computed from it when there is a reason. The watch must
    // outlive the image.
    void guard(const Image& image) const;

    // Computes the pixels of `image` now, under guard. The result is in memory.
    Image computePixels(const Image& image) const;

private:
    std::chrono::steady_clock::time_point deadline_;
    const std::atomic<bool>* cancelled_;
};

}  // namespace private_image
