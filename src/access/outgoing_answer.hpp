// Rules for a gate's answer on its way out: whether it has to be withheld after all, and for whom
// it is.
#pragma once

#include <optional>

#include "access/privacy_mark.hpp"
#include "access/reason.hpp"

namespace private_image {

// An answer whose image was judged, or that was refused.
struct OutgoingAnswer {
    std::optional<Reason> reason;  // why it is allowed or refused; empty: not judged yet
    bool isRefused = false;
    bool isOwnPage = false;          // NGINX's built-in page and nothing else may go out
    bool isErrorPage = false;        // an error_page has led to another answer
    bool isMarkPersonal = false;     // private_image_mark depends on the client
    bool allowsSharedCache = false;  // private_image_shared_cache
};

// True if an answer that carries a private flag must not go out: another module has added it after
// the judgement, or has changed the answer. A signed image, a variant and a page without an image
// may carry one.
bool isWithheldIfFlagged(const OutgoingAnswer& answer);

// True if no shared cache may store the answer: it was allowed for one client.
bool isForOneClient(const OutgoingAnswer& answer);

// What a gate knows of the image whose name an error page or an include has.
struct Namesake {
    Mark observed = Mark::unknown;  // of the page's own answer
    Mark ofGate = Mark::unknown;    // private_image_mark of the gate for that name
    Mark judged = Mark::unknown;    // of the image, where the request has judged it
    Mark unmarked = Mark::publicImage;
    bool isHidden = false;  // the image must look missing, so that no answer depends on it
};

// The mark to judge such a page by. Never unknown.
Mark markOfNamesake(const Namesake& namesake);

}  // namespace private_image
