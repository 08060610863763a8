// One image during a render, the main one or a layer: decoded as late and as small as its first
// step permits, then frames that further steps replace.
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
    // `frames`: how many frames of the source to decode. `parent`: size of the image below a layer.
    Canvas(RenderContext& context, RenderSource source, std::uint32_t frames, Size parent = {});
    // From existing pixels, RGB or grey in 8 bits.
    Canvas(RenderContext& context, Image pixels, Size parent);

    // Leaves the colours in the source's profile, if it has one.
    void keepProfile() { keepsProfile_ = true; }

    // Converts colours left in the source's profile to the result's.
    bool dropProfile();

    // Trims, flips, turns, scales, cuts and pads as the step requires. The first call decodes. Like
    // all functions below, returns false on failure, with the outcome filled in.
    bool place(const Step& step);

    // Decodes, unless already done.
    bool finish();

    // Computes the frames into memory, so that they can be read more than once.
    bool computePixels();

    // Draws the background below transparent parts, chosen once for all frames.
    bool drawOn(const Background& background);

    // Applies `operation` to each frame, in order: an animation is decoded one frame after another.
    bool onEachFrame(std::string_view what, const std::function<Image(const Image&)>& operation);

    Size size() const { return size_; }
    const std::vector<Image>& frames() const { return frames_; }
    const RenderSource& source() const { return *source_; }
    // True if pixels are still in the source's colour profile.
    bool hasOwnProfile() const { return hasOwnProfile_; }

    // For formulas: sizes of the source, of the image as it is now, and of the parent.
    ImageSizes sizes() const;

    // Fails because pixels could not be computed: for damage, if the source cannot be decoded
    // either.
    bool failOfPixels(std::string_view what);

private:
    struct Placing {
        Rectangle part;  // of the upright image
        int turn = 1;    // flips and turns of the step, after those of the source
        ResizePlan plan;
        std::optional<Background> background;  // of the padding
        LoadOptions loaded;                    // how unmodified frames were decoded
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
    bool drawOn(const Background& background, Rectangle placed, Size canvas);
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
