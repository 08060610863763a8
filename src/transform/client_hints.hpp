// What a client tells of its screen and connection, and what a transform makes of it. Knows no HTTP
// but the names of the headers.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "transform/transform.hpp"

namespace private_image {

// Values as they were sent; empty: not sent.
struct ClientHints {
    std::string_view width;          // Sec-CH-Width, else Width
    std::string_view density;        // Sec-CH-DPR, else DPR
    std::string_view viewportWidth;  // Sec-CH-Viewport-Width, else Viewport-Width
    std::string_view roundTripTime;  // RTT, milliseconds
    std::string_view saveData;       // Save-Data
    std::string_view effectiveType;  // ECT
    std::string_view downlink;       // Downlink, megabits per second
    std::string_view userAgent;
};

// Of Cloudflare's automatic width, in pixels.
inline constexpr std::array<double, 4> defaultBreakpoints = {320, 768, 960, 1200};
inline constexpr double defaultDesktopWidth = 1200;

struct HintsUsed {
    std::vector<std::string_view> vary;  // names of all headers that were consulted, for Vary
    // The layout width that `auto` was settled for, in CSS pixels: Content-DPR is the delivered
    // width divided by it. Empty where no such answer is due.
    std::optional<double> layoutWidth;
};

// True if the transform asks for anything that hints settle.
bool asksForHints(const Transform& transform);

// Settles automatic widths and densities and the quality for slow connections, and normalises what
// comes out. ImageKit: Width is rounded up to the next 100, and no density is applied on top of it
// in that step; a density multiplies the sides of the step or layer that asks for it, and is
// ignored where a side would leave 1 to 5000. Cloudflare: the next breakpoint (320, 768, 960 or
// 1200 pixels, unless the step has others) for the width or the viewport, else the width for the
// kind of device (phone 768, tablet 960, else 1200; where the step has a width for mobile devices,
// it is for phones and tablets), times the step's density. Without hints, or with malformed ones:
// automatic sides are as if not given, the density is 1.
enum class HintStyle : std::uint8_t { cloudflare, imagekit };
HintsUsed settleHints(Transform& transform, const ClientHints& hints, HintStyle style);

}  // namespace private_image
