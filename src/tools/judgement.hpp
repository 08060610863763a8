// A gate's decision about a GET request, for a public and for a private image, and its rule.
// Depends on the URL and the signature only, not on whether the image exists.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/gate_rules.hpp"
#include "tools/request_target.hpp"

namespace private_image::tools {

// The decision for one image and one mark.
struct Judgement {
    Reason reason = Reason::internal;
    int status = 0;
    std::string rule;  // the reason, as a sentence
};

// An image that the answer needs in addition; it is judged like a request for its original.
struct FurtherImage {
    std::string path;
    const char* role;  // "layer", "default image"
};

struct JudgedUrl {
    SignatureClaim claim;
    SignatureVerdict verdict;
    // Not empty: NGINX itself answers 400, before any module, for this reason.
    std::string nginxRefusal;
    std::string uri;  // decoded by NGINX's rules; empty if NGINX refuses the URL
    std::optional<ParsedRequest> parsed;
    ParseError parseError;  // if `parsed` is empty
    std::vector<FurtherImage> furtherImages;
};

JudgedUrl judgeUrl(const RequestTarget& target, const GateRules& rules, std::int64_t now);

// The input of the dialect's parser; views on `judged` and `target`. Precondition: the URI begins
// with the gate's prefix.
UrlParts dividedAtPrefix(const JudgedUrl& judged, const RequestTarget& target,
                         const GateRules& rules);

// The decision for the image of the URL. Precondition: NGINX does not refuse the URL.
Judgement judge(const JudgedUrl& url, const GateRules& rules, Mark mark);

// The decision for a further image. Precondition: the URL was parsed.
Judgement judgeFurther(const JudgedUrl& url, const GateRules& rules, Mark mark);

std::string_view requestKindText(RequestKind requestKind);

}  // namespace private_image::tools
