// Frames are separated before any operation, so that no filter mixes neighbouring frames.
#include "render/steps/frames.hpp"

#include <algorithm>

#include "render/steps/cut.hpp"

namespace private_image {

namespace {

// libvips joins at most 1000 images at a time.
constexpr std::size_t joinedAtOnce = 500;

Image joinSome(const std::vector<Image>& images, std::size_t first, std::size_t count) {
    std::vector<VipsImage*> raw;
    raw.reserve(count);
    for (std::size_t i = first; i < first + count; ++i) {
        raw.push_back(images[i].get());
    }
    VipsImage* out = nullptr;
    if (vips_arrayjoin(raw.data(), &out, static_cast<int>(count), "across", 1,
                       static_cast<void*>(nullptr)) != 0) {
        return {};
    }
    return Image(out);
}

}  // namespace

std::vector<Image> splitFrames(const Image& strip, Size frame, std::uint32_t count) {
    std::vector<Image> frames;
    if (strip.height() != std::uint64_t(frame.height) * count) {
        return frames;
    }
    frames.reserve(count);
    for (std::uint32_t i = 0; i < count; ++i) {
        const auto top = static_cast<std::int32_t>(std::uint64_t(frame.height) * i);
        Image page = apply(vips_copy, cut(strip, {0, top, frame.width, frame.height}));
        if (!page) {
            return {};
        }
        vips_image_remove(page.get(), VIPS_META_PAGE_HEIGHT);
        frames.push_back(std::move(page));
    }
    return frames;
}

Image joinFrames(const std::vector<Image>& frames) {
    if (frames.size() == 1) {
        return frames.front();
    }
    // Groups are joined one after another: in an array, all would get the height of the tallest.
    std::vector<Image> groups;
    for (std::size_t first = 0; first < frames.size(); first += joinedAtOnce) {
        const std::size_t count = std::min(joinedAtOnce, frames.size() - first);
        groups.push_back(joinSome(frames, first, count));
        if (!groups.back()) {
            return {};
        }
    }
    Image strip = groups.front();
    for (std::size_t i = 1; i < groups.size(); ++i) {
        VipsImage* out = nullptr;
        if (vips_join(strip.get(), groups[i].get(), &out, VIPS_DIRECTION_VERTICAL,
                      static_cast<void*>(nullptr)) != 0) {
            return {};
        }
        strip = Image(out);
    }
    return strip;
}

Image asAnimation(const Image& strip, const Image& original, std::uint32_t frameHeight,
                  std::uint32_t first, std::uint32_t count) {
    Image animation = apply(vips_copy, strip);
    if (!animation) {
        return {};
    }
    vips_image_set_int(animation.get(), VIPS_META_PAGE_HEIGHT, static_cast<int>(frameHeight));
    vips_image_set_int(animation.get(), VIPS_META_N_PAGES, static_cast<int>(count));
    int* delays = nullptr;
    int known = 0;
    if (vips_image_get_typeof(original.get(), "delay") != 0 &&
        vips_image_get_array_int(original.get(), "delay", &delays, &known) == 0) {
        const int from = static_cast<int>(std::min<std::uint32_t>(first, INT32_MAX));
        const int begin = std::clamp(from, 0, std::max(known, 0));
        const int length = std::min(known - begin, static_cast<int>(count));
        const std::vector<int> kept(delays + begin, delays + begin + length);
        vips_image_set_array_int(animation.get(), "delay", kept.data(),
                                 static_cast<int>(kept.size()));
    }
    int loop = 0;
    if (vips_image_get_typeof(original.get(), "loop") != 0 &&
        vips_image_get_int(original.get(), "loop", &loop) == 0) {
        vips_image_set_int(animation.get(), "loop", loop);
    }
    return animation;
}

}  // namespace private_image
