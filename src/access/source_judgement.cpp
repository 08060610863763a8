#include "access/source_judgement.hpp"

#include <algorithm>

namespace private_image {

KnownJudgement judgeSources(const RequestAccess& access, std::span<const JudgedImage> images,
                            Milliseconds now) {
    KnownJudgement all;
    for (const JudgedImage& image : images) {
        const bool isOriginal = &image == &images.front();
        const auto [mark, decision] = judgeKnown(access, image, now);
        all.mark = isOriginal ? mark : combine(all.mark, mark);
        if (!decision.allowed) {
            all.decision = decision;
            return all;
        }
        if (isOriginal || decision.reason == Reason::signedUrl) {
            all.decision = decision;
        }
    }
    return all;
}

bool haveReliableMarks(const RequestAccess& access, std::span<const JudgedImage> images,
                       Milliseconds now) {
    return std::ranges::all_of(images, [&](const JudgedImage& image) {
        return judgeKnown(access, image, now).mark != Mark::unknown;
    });
}

bool areConfirmed(const RequestAccess& access, std::span<const JudgedImage> images,
                  Milliseconds now) {
    return std::ranges::all_of(
        images, [&](const JudgedImage& image) { return isConfirmed(access, image, now); });
}

bool isReliablyDenied(const RequestAccess& access, const JudgedImage& image, Milliseconds now) {
    const auto [mark, decision] = judgeKnown(access, image, now);
    return mark != Mark::unknown && !decision.allowed;
}

}  // namespace private_image
