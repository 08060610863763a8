// A counted reference to a libvips image. An empty one stands for a failure, whose text is in
// libvips' error buffer.
#pragma once

#include <vips/vips.h>

#include <cstddef>
#include <mutex>
#include <utility>

#include "render/plan.hpp"

namespace private_image {

// When libvips reduces, blurs or sharpens, it compiles loops for the processor and frees them with
// the image. liborc before 0.4.34 (Debian 12 has 0.4.33) crashes if one thread frees while another
// compiles or frees, so both must hold this lock. Freeing an image may free others. A libvips built
// with Highway instead of liborc, as Debian 13's is, compiles no loops: liborc's headers are
// missing then, and nothing is locked.
#if __has_include(<orc/orc.h>)
inline std::recursive_mutex compiledLoops;
#else
struct NoLoops {
    void lock() {}
    void unlock() {}
};
inline NoLoops compiledLoops;
#endif

class Image {
public:
    Image() = default;
    // Takes over the caller's reference; null makes an empty one.
    explicit Image(VipsImage* owned) noexcept : image_(owned) {}
    Image(const Image& other) noexcept : image_(other.image_) { keep(); }
    Image(Image&& other) noexcept : image_(std::exchange(other.image_, nullptr)) {}
    Image& operator=(Image other) noexcept {
        std::swap(image_, other.image_);
        return *this;
    }
    ~Image() {
        if (image_ != nullptr) {
            const std::lock_guard guard(compiledLoops);
            g_object_unref(image_);
        }
    }

    explicit operator bool() const noexcept { return image_ != nullptr; }
    VipsImage* get() const noexcept { return image_; }

    std::uint32_t width() const { return static_cast<std::uint32_t>(image_->Xsize); }
    std::uint32_t height() const { return static_cast<std::uint32_t>(image_->Ysize); }
    Size size() const { return {width(), height()}; }
    int bands() const { return image_->Bands; }
    bool hasAlpha() const { return vips_image_hasalpha(image_) != 0; }
    bool isGrey() const { return image_->Bands < 3; }
    bool isInMemory() const { return image_->dtype != VIPS_IMAGE_PARTIAL; }

private:
    void keep() const noexcept {
        if (image_ != nullptr) {
            g_object_ref(image_);
        }
    }

    VipsImage* image_ = nullptr;
};

// One libvips operation on one image: apply(vips_gaussblur, image, sigma, "precision", ...). Ends
// the list of optional arguments itself. An empty image gives an empty one, so that steps can be
// chained.
template <typename Operation, typename... Arguments>
Image apply(Operation operation, const Image& in, Arguments... arguments) {
    VipsImage* out = nullptr;
    if (!in || operation(in.get(), &out, arguments..., static_cast<void*>(nullptr)) != 0) {
        return {};
    }
    return Image(out);
}

// The same for operations that compile loops: vips_resize, vips_gaussblur, vips_sharpen. None of
// them computes pixels yet.
template <typename Operation, typename... Arguments>
Image applyCompiled(Operation operation, const Image& in, Arguments... arguments) {
    const std::lock_guard guard(compiledLoops);
    return apply(operation, in, arguments...);
}

}  // namespace private_image
