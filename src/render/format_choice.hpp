// Chooses the result's format if the request leaves it open.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "render/plan.hpp"
#include "transform/transform.hpp"

namespace private_image {

// Larger AVIF pictures would take seconds: at the default effort 2 megapixels of a noisy photograph
// cost 1.4 s of CPU (1 megapixel 0.5 s, a smooth one a third), ten times as much as WebP.
inline constexpr std::uint64_t maxAutomaticAvif = 2'000'000;

// A named format is used as it is. Otherwise the first of `negotiated` (formats acceptable to the
// client, best first) that
//   - can be animated, if the source is,
//   - can hold the size, AVIF only up to maxAutomaticAvif,
//   - can hold a colour profile, if that is to be kept (all but AVIF and GIF),
//   - can hold transparency, if there is some (all but JPEG).
// If there is no such format, a format of the source's family: heic, tiff and jxl become jpeg, or
// png with alpha; svg becomes png; lossless sources get a lossless format. With `auto`, a JPEG
// source whose result has transparent parts, such as rounded corners, becomes png.
struct FormatQuestion {
    std::optional<Format> named;
    bool isAutomatic = false;
    std::span<const Format> negotiated;
    SourceType source = SourceType::jpeg;
    bool hasAlpha = false;
    bool isAnimated = false;
    bool keepsProfile = false;
    Size size;  // of the result; zero if not known yet
};
Format chooseFormat(const FormatQuestion& question);

bool canAnimate(Format format);
bool holdsAlpha(Format format);
bool holdsProfile(Format format);

// True if the format can hold a frame of this size.
bool canHold(Format format, Size frame);

}  // namespace private_image
