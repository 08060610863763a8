// What a gate decides about a request that asks with GET, for a public and for a private image, and
// by which rule. Speaks of the URL and the signature alone: whether the image exists is the
// origin's affair.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/gate.hpp"
#include "tools/request_target.hpp"

namespace private_image::tools {

// One answer, for one image and one mark.
struct Judgement {
    Reason reason = Reason::internal;
    int status = 0;
    std::string rule;  // why, in a sentence
};

// An image that is fetched on the way to the answer, judged as if it had been asked for alone.
struct FurtherImage {
    std::string path;
    const char* role;  // "layer", "default image"
};

struct JudgedUrl {
    SignatureClaim claim;
    SignatureVerdict verdict;
    // Why NGINX itself answers 400, before any module.
    std::string nginxRefusal;
    std::string uri;  // NGINX's, where it does not
    std::optional<ParsedRequest> parsed;
    ParseError parseError;  // where nothing was parsed
    std::vector<FurtherImage> furtherImages;
};

JudgedUrl judgeUrl(const RequestTarget& target, const Gate& gate, std::int64_t now);

// The URL as the dialect's parser takes it; views on `judged` and `target`. Precondition: its URI
// begins with the gate's prefix.
UrlParts dividedAtPrefix(const JudgedUrl& judged, const RequestTarget& target, const Gate& gate);

// Of an image that has been asked for as `asked`. Precondition: NGINX does not refuse the URL.
Judgement judge(const JudgedUrl& url, const Gate& gate, Mark mark);

// The same of a further image. Precondition: the URL was parsed.
Judgement judgeFurther(const JudgedUrl& url, const Gate& gate, Mark mark);

std::string_view askedText(Asked asked);

}  // namespace private_image::tools
