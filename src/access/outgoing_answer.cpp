#include "access/outgoing_answer.hpp"

namespace private_image {

bool isWithheldIfFlagged(const OutgoingAnswer& answer) {
    const bool isRefusalsPage = answer.isRefused && !answer.isErrorPage;
    const bool mayBePrivate = !answer.isRefused && (answer.reason == Reason::signedUrl ||
                                                    answer.reason == Reason::variant);
    return !answer.isOwnPage && !isRefusalsPage && !mayBePrivate;
}

bool isForOneClient(const OutgoingAnswer& answer) {
    const bool isSigned = answer.reason == Reason::signedUrl && !answer.allowsSharedCache;
    return !answer.isRefused && (isSigned || answer.isMarkPersonal);
}

Mark markOfNamesake(const Namesake& namesake) {
    const Mark mark = combine(namesake.observed, namesake.ofGate);
    if (mark != Mark::unknown) {
        return mark;
    }
    if (namesake.isHidden) {
        return Mark::privateImage;
    }
    return namesake.judged != Mark::unknown ? namesake.judged : namesake.unmarked;
}

}  // namespace private_image
