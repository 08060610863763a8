// libvips reports progress in the calling thread while its worker computes. The callback reads the
// clock and the flag, and kills the image, which its regions notice at their next strip.
#include "render/steps/watch.hpp"

namespace private_image {

namespace {

void stopIfRequested(VipsImage* image, VipsProgress*, const Watch* watch) {
    if (watch->reasonToStop()) {
        vips_image_set_kill(image, TRUE);
    }
}

}  // namespace

std::optional<RenderProblem> Watch::reasonToStop() const {
    if (cancelled_ != nullptr && cancelled_->load(std::memory_order_relaxed)) {
        return RenderProblem::cancelled;
    }
    if (std::chrono::steady_clock::now() >= deadline_) {
        return RenderProblem::timeout;
    }
    return std::nullopt;
}

void Watch::guard(const Image& image) const {
    if (!image) {
        return;
    }
    // An image in memory may still refer to the progress of the image it was computed from.
    vips_image_set_progress(image.get(), FALSE);
    vips_image_set_progress(image.get(), TRUE);
    g_signal_connect(image.get(), "eval", G_CALLBACK(stopIfRequested), const_cast<Watch*>(this));
}

Image Watch::computePixels(const Image& image) const {
    if (!image || image.isInMemory()) {
        return image;
    }
    Image computed(vips_image_copy_memory(image.get()));
    guard(computed);
    return computed;
}

}  // namespace private_image
