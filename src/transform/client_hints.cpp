// Replaces automatic values of a transform by what the client's screen and connection call for. A
// malformed or out-of-range hint counts as absent, since clients can send anything.
#include "transform/client_hints.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "base/ascii.hpp"
#include "base/encoding.hpp"
#include "transform/density.hpp"
#include "transform/normalise.hpp"

namespace private_image {

namespace {

// ImageKit: limits in pixels.
constexpr double widthStep = 100;

// Cloudflare: limits in pixels.
constexpr double phoneWidth = 768;
constexpr double tabletWidth = 960;

// Beyond these a connection counts as slow.
constexpr double slowRoundTrip = 150;  // milliseconds
constexpr double slowDownlink = 5;     // megabits per second

constexpr std::array<std::string_view, 2> widthHeaders = {"Sec-CH-Width", "Width"};
constexpr std::array<std::string_view, 2> densityHeaders = {"Sec-CH-DPR", "DPR"};
constexpr std::array<std::string_view, 2> viewportHeaders = {"Sec-CH-Viewport-Width",
                                                             "Viewport-Width"};
constexpr std::array<std::string_view, 1> deviceHeaders = {"User-Agent"};
constexpr std::array<std::string_view, 4> connectionHeaders = {"RTT", "Save-Data", "ECT",
                                                               "Downlink"};

std::optional<double> widthFrom(std::string_view hint) {
    const auto width = parseUnsigned(trimmed(hint), static_cast<std::uint64_t>(maxSide));
    return width && *width > 0 ? std::optional(static_cast<double>(*width)) : std::nullopt;
}

std::optional<double> densityFrom(std::string_view hint) {
    const auto density = parseDecimal(trimmed(hint));
    return density && *density >= minDensity && *density <= maxDensity ? density : std::nullopt;
}

bool isSlow(const ClientHints& hints) {
    const auto roundTrip = parseDecimal(trimmed(hints.roundTripTime));
    const auto downlink = parseDecimal(trimmed(hints.downlink));
    const auto type = trimmed(hints.effectiveType);
    return (roundTrip && *roundTrip > slowRoundTrip) || (downlink && *downlink < slowDownlink) ||
           trimmed(hints.saveData) == "on" || type == "slow-2g" || type == "2g" || type == "3g";
}

bool names(std::string_view userAgent, std::string_view word) {
    return userAgent.find(word) != std::string_view::npos;
}

enum class Device : std::uint8_t { phone, tablet, desktop };

Device deviceOf(std::string_view userAgent) {
    const bool isAndroid = names(userAgent, "Android");
    if (names(userAgent, "iPad") || names(userAgent, "Tablet") ||
        (isAndroid && !names(userAgent, "Mobile"))) {
        return Device::tablet;
    }
    const bool isPhone = isAndroid || names(userAgent, "Mobile") || names(userAgent, "iPhone");
    return isPhone ? Device::phone : Device::desktop;
}

double given(double width, double otherwise) {
    return width != 0 ? width : otherwise;
}

// Empty without a User-Agent header.
std::optional<double> deviceWidth(std::string_view userAgent, const AutomaticWidths& widths) {
    if (trimmed(userAgent).empty()) {
        return std::nullopt;
    }
    switch (deviceOf(userAgent)) {
        case Device::phone:
            return given(widths.mobile, phoneWidth);
        case Device::tablet:
            return given(widths.mobile, tabletWidth);
        case Device::desktop:
            return given(widths.desktop, defaultDesktopWidth);
    }
    return std::nullopt;
}

// The largest breakpoint for a width beyond all of them.
double nextOf(std::span<const double> breakpoints, double width) {
    const auto found = std::ranges::lower_bound(breakpoints, width);
    return found == breakpoints.end() ? breakpoints.back() : *found;
}

double nextBreakpoint(const AutomaticWidths& widths, double width) {
    return widths.breakpoints.empty() ? nextOf(defaultBreakpoints, width)
                                      : nextOf(widths.breakpoints, width);
}

// Empty if the hints do not determine it.
std::optional<double> automaticWidth(const ClientHints& hints, HintStyle style,
                                     const AutomaticWidths& widths) {
    const auto width = widthFrom(hints.width);
    switch (style) {
        case HintStyle::imagekit:
            return width
                       ? std::optional(std::min(std::ceil(*width / widthStep) * widthStep, maxSide))
                       : std::nullopt;
        case HintStyle::cloudflare: {
            const auto known = width ? width : widthFrom(hints.viewportWidth);
            return known ? std::optional(nextBreakpoint(widths, *known))
                         : deviceWidth(hints.userAgent, widths);
        }
    }
    return std::nullopt;
}

bool isAutomatic(const Length& length) {
    return length.unit == Length::Unit::automatic;
}

// What the steps, including branches and layers, need hints for.
struct OpenParts {
    bool sides = false, density = false, quality = false;
};

OpenParts openPartsOf(const Transform& transform) {
    OpenParts open;
    open.quality = transform.encoding.slowQuality.has_value();
    forEachStep(transform.steps, [&open](const Step& step) {
        open.sides = open.sides || isAutomatic(step.width) || isAutomatic(step.height);
        open.density = open.density || step.hasAutomaticDensity;
        open.quality = open.quality || step.result.slowQuality;
    });
    return open;
}

// Of the image itself, whose delivered width the client compares with its layout.
bool hasAutomaticWidth(const std::vector<Step>& steps) {
    return std::ranges::any_of(steps, [](const Step& step) {
        return isAutomatic(step.width) || hasAutomaticWidth(step.then) ||
               hasAutomaticWidth(step.otherwise);
    });
}

// Replaces automatic sides step by step; layers have automatic sides of their own.
class SideResolver {
public:
    SideResolver(const ClientHints& hints, HintStyle style)
        : hints_(hints), density_(densityFrom(hints.density)), style_(style) {}

    void resolve(Step& step) const {
        const bool hadWidth = resolveSides(step);
        if (hadWidth && style_ == HintStyle::imagekit) {
            step.densityFormula = {};
        }
        if (step.hasAutomaticDensity && density_ && !hadWidth) {
            multiplySides(step, *density_);
        }
        step.hasAutomaticDensity = false;
    }

private:
    // Whether a hint gave a width, which already includes the screen's density.
    bool resolveSides(Step& step) const {
        std::optional<double> width;
        if (isAutomatic(step.width)) {
            width = automaticWidth(hints_, style_, step.automaticWidths);
            step.width =
                width ? Length{Length::Unit::pixels, inPixels(*width, step.density), {}} : Length{};
        }
        if (isAutomatic(step.height)) {
            step.height = {};
        }
        return width.has_value();
    }

    // This is the density named in the URL.
    double inPixels(double width, double density) const {
        return style_ == HintStyle::imagekit
                   ? width
                   : std::clamp(std::round(width * density), 1.0, maxSide);
    }

    const ClientHints& hints_;
    std::optional<double> density_;
    HintStyle style_;
};

template <std::size_t count>
void consult(HintsUsed& used, const std::array<std::string_view, count>& headers) {
    for (const std::string_view header : headers) {
        if (std::ranges::find(used.vary, header) == used.vary.end()) {
            used.vary.push_back(header);
        }
    }
}

// All hints that could have counted, whether sent or not: the next client may send them.
void consultForWidth(HintsUsed& used, HintStyle style) {
    consult(used, widthHeaders);
    switch (style) {
        case HintStyle::imagekit:
            return consult(used, densityHeaders);
        case HintStyle::cloudflare:
            consult(used, viewportHeaders);
            return consult(used, deviceHeaders);
    }
}

// The hint's width in CSS pixels; a missing density counts as 1.
std::optional<double> layoutWidth(const ClientHints& hints) {
    const auto width = widthFrom(hints.width);
    return width ? std::optional(*width / densityFrom(hints.density).value_or(1)) : std::nullopt;
}

// The quality that is replaced may be the one that selected a lossless result.
void applySlowQuality(Transform& transform, bool isSlow) {
    Encoding& encoding = transform.encoding;
    if (isSlow && encoding.slowQuality) {
        encoding.quality = encoding.slowQuality;
        encoding.lossless = false;
    }
    encoding.slowQuality.reset();
    forEachStep(transform.steps, [isSlow](Step& step) {
        ResultChange& result = step.result;
        if (isSlow && result.slowQuality) {
            result.quality = result.slowQuality;
            result.lossless = false;
        }
        result.slowQuality.reset();
    });
}

}  // namespace

bool needsClientHints(const Transform& transform) {
    const OpenParts open = openPartsOf(transform);
    return open.sides || open.density || open.quality;
}

HintsUsed applyClientHints(Transform& transform, const ClientHints& hints, HintStyle style) {
    HintsUsed used;
    const OpenParts open = openPartsOf(transform);
    if (open.sides) {
        consultForWidth(used, style);
    }
    if (open.density) {
        consult(used, densityHeaders);
    }
    if (open.quality) {
        consult(used, connectionHeaders);
    }
    if (style == HintStyle::imagekit && hasAutomaticWidth(transform.steps)) {
        used.layoutWidth = layoutWidth(hints);
    }
    const SideResolver sides(hints, style);
    forEachStep(transform.steps, [&sides](Step& step) { sides.resolve(step); });
    applySlowQuality(transform, isSlow(hints));
    normalise(transform);
    return used;
}

}  // namespace private_image
