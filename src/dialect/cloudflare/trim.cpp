// Chooses among the three kinds of trim. The plan checks against the image's size later.
#include "dialect/cloudflare/trim.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace private_image::cloudflare {

namespace {

// The default tolerance for a border's noise: enough for the JPEG artefacts of a plain border.
constexpr double defaultTolerance = 10;

bool asksForBox(const TrimOptions& options) {
    return options.left || options.top || options.width || options.height;
}

// Sub-options request this trim, too, as those of the box do.
bool asksForBorder(const TrimOptions& options) {
    return options.isBorder || options.borderColour || options.borderTolerance ||
           options.borderKeep;
}

double fractionOf(const Length& length) {
    return length.unit == Length::Unit::fraction ? length.value : 0;
}

// A box that extends to the far edges equals a trim of the near ones.
Trim parseBox(const TrimOptions& options) {
    Trim trim;
    trim.left = options.left.value_or(Length{});
    trim.top = options.top.value_or(Length{});
    trim.width = options.width.value_or(Length{});
    trim.height = options.height.value_or(Length{});
    for (Length* side : {&trim.width, &trim.height}) {
        if (fractionOf(*side) == 1) {
            *side = {};
        }
    }
    const bool reachesFarEdges =
        trim.width.unit == Length::Unit::none && trim.height.unit == Length::Unit::none;
    trim.kind = reachesFarEdges ? Trim::Kind::sides : Trim::Kind::box;
    return trim;
}

Trim parseFrame(const TrimOptions& options) {
    Trim trim;
    trim.kind = Trim::Kind::frame;
    trim.colour = options.borderColour;
    trim.tolerance = options.borderTolerance.value_or(defaultTolerance);
    trim.keep = options.borderKeep.value_or(0);
    return trim;
}

bool leavesNothing(const Trim& trim) {
    return fractionOf(trim.left) + fractionOf(trim.right) >= 1 ||
           fractionOf(trim.top) + fractionOf(trim.bottom) >= 1;
}

// False if the length is too large. A remaining part never becomes empty.
bool multiplyPixels(Length& length, double dpr, double least) {
    if (length.unit != Length::Unit::pixels) {
        return true;
    }
    length.value = std::max(least, std::round(length.value * dpr));
    if (length.value == 0) {
        length = {};
    }
    return length.value <= maxSide;
}

bool multiplyAll(Trim& trim, double dpr) {
    for (Length* side : {&trim.top, &trim.right, &trim.bottom, &trim.left}) {
        if (!multiplyPixels(*side, dpr, 0)) {
            return false;
        }
    }
    return multiplyPixels(trim.width, dpr, 1) && multiplyPixels(trim.height, dpr, 1);
}

}  // namespace

std::string combineTrim(const TrimOptions& options, double dpr, Trim& trim) {
    const bool isBox = asksForBox(options);
    const bool isBorder = asksForBorder(options);
    const bool isSides = options.sides.has_value();
    if (!isBox && !isBorder && !isSides) {
        return {};
    }
    if (isBox + isBorder + isSides > 1) {
        return "options \"trim\", \"trim.left\" and its like, and \"trim.border\" exclude each "
               "other";
    }
    Trim requested = isSides ? *options.sides : isBox ? parseBox(options) : parseFrame(options);
    if (leavesNothing(requested)) {
        return "option \"trim\" leaves nothing of the image";
    }
    if (!multiplyAll(requested, dpr)) {
        return "a length of \"trim\" times \"dpr\" is above 65535";
    }
    trim = std::move(requested);
    return {};
}

}  // namespace private_image::cloudflare
