// Judges all images of one answer together, by what is known of them: the original first, then the
// layers of a derivative.
#pragma once

#include <span>

#include "access/image_judgement.hpp"

namespace private_image {

// The strictest mark of all images, and the first refusal; else the decision about the original, or
// that of the last layer that needed a signature. Without images, refused.
KnownJudgement judgeSources(const RequestAccess& access, std::span<const JudgedImage> images,
                            Milliseconds now);

// True if a reliable mark is known of every image.
bool haveReliableMarks(const RequestAccess& access, std::span<const JudgedImage> images,
                       Milliseconds now);

// True if every image may be relied on without a request to its origin.
bool areConfirmed(const RequestAccess& access, std::span<const JudgedImage> images,
                  Milliseconds now);

// True if the image is refused by a mark that may be relied on.
bool isReliablyDenied(const RequestAccess& access, const JudgedImage& image, Milliseconds now);

}  // namespace private_image
