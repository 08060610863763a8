// The hints that a client sends about its screen and connection, and how they replace automatic
// values of a transform.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "transform/transform.hpp"

namespace private_image {

// Header values as sent; empty: not sent.
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

// Limits of Cloudflare's automatic width, in pixels.
inline constexpr std::array<double, 4> defaultBreakpoints = {320, 768, 960, 1200};
inline constexpr double defaultDesktopWidth = 1200;

struct HintsUsed {
    std::vector<std::string_view> vary;  // names of all headers that can change the result
    // The layout width that replaced `auto`, in CSS pixels: Content-DPR is the delivered width
    // divided by it. Empty if the answer needs no Content-DPR.
    std::optional<double> layoutWidth;
};

// True if the transform has values that hints replace.
bool needsClientHints(const Transform& transform);

// Replaces automatic widths and densities and the quality for slow connections, then normalises.
// ImageKit: Width is rounded up to the next 100, and no density is applied to it in that step; a
// density multiplies the sides of the step or layer that names it, and is ignored if a side would
// leave 1 to 5000. Cloudflare: the next breakpoint (320, 768, 960 or 1200 pixels, unless the step
// has others) for the width or the viewport, else the width for the kind of device (phone 768,
// tablet 960, else 1200; if the step has a width for mobile devices, it is for phones and tablets),
// times the step's density. Without hints, or with malformed ones: automatic sides count as not
// given, and the density is 1.
enum class HintStyle : std::uint8_t { cloudflare, imagekit };
HintsUsed applyClientHints(Transform& transform, const ClientHints& hints, HintStyle style);

}  // namespace private_image
