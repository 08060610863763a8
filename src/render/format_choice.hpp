// Which format a result gets where the request leaves that open. Knows no encoder's settings.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "render/plan.hpp"
#include "transform/transform.hpp"

namespace private_image {

// Beyond, AVIF would take seconds: at the default effort 2 megapixels of a noisy photograph cost
// 1.4 s of CPU (1 megapixel 0.5 s, a smooth one a third), ten times as much as WebP, and visitors
// wait for it.
inline constexpr std::uint64_t maxAutomaticAvif = 2'000'000;

// A format that was named is taken as it is. Else the first of `negotiated` (formats acceptable to
// the client, best first) that
//   - can move, where the source is an animation,
//   - can hold the size, AVIF only up to maxAutomaticAvif,
//   - can hold a colour profile, where that is to be kept (all but AVIF and GIF).
// All negotiated formats but JPEG hold transparency; JPEG is passed over where there is some. Where
// none is left, the source's family: heic, tiff and jxl become jpeg, or png with alpha; svg png;
// what is lossless stays so. Under `auto` alone a JPEG that has got transparent parts, such as
// rounded corners, becomes png.
struct FormatQuestion {
    std::optional<Format> named;
    bool isAutomatic = false;
    std::span<const Format> negotiated;
    SourceType source = SourceType::jpeg;
    bool hasAlpha = false;
    bool isAnimated = false;
    bool keepsProfile = false;
    Size size;  // of the result; nothing where not known yet
};
Format chooseFormat(const FormatQuestion& question);

bool canAnimate(Format format);
bool holdsAlpha(Format format);
bool holdsProfile(Format format);

// True if the format can hold a frame of this size.
bool canHold(Format format, Size frame);

}  // namespace private_image
