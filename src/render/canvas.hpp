// One image on its way, the main one or a layer: decoded as late and as small as its first step
// permits, then frames that further steps replace. Knows no effects.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "render/source.hpp"

namespace private_image {

class Canvas {
public:
    // `frames`: how many of the source's are decoded. `parent`: of the image that a layer lies on.
    Canvas(RenderContext& context, RenderSource source, std::uint32_t frames, Size parent = {});
    // Of pixels that are there already, RGB or grey in 8 bits.
    Canvas(RenderContext& context, Image pixels, Size parent);

    // Leaves the colours in the source's profile, where it has one.
    void keepProfile() { keepsProfile_ = true; }

    // Turns what was left in the source's colours into the result's.
    bool dropProfile();

    // Trims, flips, turns, scales, cuts and pads, as the step says. The first call decodes. False,
    // with the outcome filled in, on failure; so are all below.
    bool place(const Step& step);

    // Decodes, if nothing has.
    bool finish();

    // Computes the frames into memory, so that all of them can be looked at.
    bool settle();

    // Lays the background under what is transparent, chosen once for all frames.
    bool layOn(const Background& background);

    // `operation` on each frame, in order: those of an animation are decoded one after the other.
    bool onEachFrame(std::string_view what, const std::function<Image(const Image&)>& operation);

    Size size() const { return size_; }
    const std::vector<Image>& frames() const { return frames_; }
    const RenderSource& source() const { return *source_; }
    // The pixels are those of the source's colour profile.
    bool hasOwnProfile() const { return hasOwnProfile_; }

    // For formulas: those of the source, of the image as it is now, and of the parent.
    ImageSizes sizes() const;

    // Pixels did not come: the source is damaged, or it is our fault.
    bool failOfPixels(std::string_view what);

private:
    struct Placing {
        Rectangle part;  // of the upright image
        int turn = 1;    // flips and turns that the step asks for, after those of the source
        ResizePlan plan;
        std::optional<Background> background;  // of the padding
        LoadOptions loaded;                    // how frames were decoded that nothing was done to
        bool isIdle(Size size) const;
    };

    bool plan(const Step& step, Placing& placing);
    bool trim(const Trim& trim, Rectangle& part);
    bool findFrame(const Trim& trim, Rectangle& part);
    bool decode(Placing& placing);
    bool arrange(const Placing& placing);
    bool scaleAndCut(const Placing& placing);
    bool cutByAttention(const Rectangle& planned);
    bool pad(const Placing& placing);
    bool layOn(const Background& background, Rectangle placed, Size canvas);
    bool failOfPlan(PlanProblem problem);
    bool sourceDecodes();
    Image inResultColours(const Image& image);

    RenderContext& context_;
    std::optional<RenderSource> source_;
    std::uint32_t count_ = 1;
    LoadOptions load_;
    int orientation_ = 1;  // EXIF; 1 once the frames have been turned upright
    bool isDecoded_ = false;
    bool isUpright_ = false;  // and in the result's colours
    bool keepsProfile_ = false;
    bool hasOwnProfile_ = false;
    Size size_;
    Size input_, parent_;
    std::vector<Image> frames_;
};

}  // namespace private_image
