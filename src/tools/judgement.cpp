// Applies a gate's checks to a URL in their order, and names the row of the access table that the
// decision follows from.
#include "tools/judgement.hpp"

namespace private_image::tools {
namespace {

ParseResult parse(const JudgedUrl& judged, const RequestTarget& target, const GateRules& rules) {
    if (const std::string_view error = rawTargetError(target.raw); !error.empty()) {
        return Error{ParseError{Reason::badUrl, std::string(error)}};
    }
    if (!judged.uri.starts_with(rules.prefix)) {
        return Error{ParseError{Reason::badUrl, "the URL does not begin with the prefix"}};
    }
    return parseRequest(rules.dialect, dividedAtPrefix(judged, target, rules), rules.variants);
}

std::vector<FurtherImage> furtherImagesOf(const ParsedRequest& parsed) {
    std::vector<FurtherImage> images;
    for (const Layer* layer : imageLayers(parsed.transform)) {
        images.push_back({layer->path, "layer"});
    }
    if (!parsed.transform.defaultImage.empty()) {
        images.push_back({parsed.transform.defaultImage, "default image"});
    }
    return images;
}

std::string signatureState(const SignatureVerdict& verdict) {
    switch (verdict.signature) {
        case Signature::none:
            return "it is missing";
        case Signature::valid:
            return "this one is valid";
        case Signature::bad:
            return verdict.expiryTooFar ? "this one expires too late" : "this one is bad";
        case Signature::expired:
            return "this one has expired";
    }
    return {};
}

std::string needsSignature(const std::string& what, const SignatureVerdict& verdict) {
    return what + " needs a valid signature: " + signatureState(verdict);
}

// The row of the access table that the decision follows from.
std::string ruleOf(RequestKind requestKind, Mark mark, const SignatureVerdict& verdict,
                   AccessPolicy policy) {
    if (policy.signatureAlways && verdict.signature != Signature::valid) {
        return needsSignature("under private_image_signature always, everything", verdict);
    }
    const bool isAdhoc = requestKind == RequestKind::adhoc;
    if (isAdhoc && policy.adhoc == Adhoc::off) {
        return "private_image_adhoc off: a transformation may not be spelled in the URL";
    }
    if (isAdhoc && policy.adhoc == Adhoc::publicOnly && mark != Mark::publicImage) {
        return "private_image_adhoc public: a private image is not transformed ad hoc, whatever "
               "the signature";
    }
    if (policy.signatureAlways) {
        return needsSignature("under private_image_signature always, everything", verdict);
    }
    if (isAdhoc && policy.adhoc == Adhoc::withSignature) {
        return needsSignature("under private_image_adhoc signed, an ad-hoc transformation",
                              verdict);
    }
    if (mark == Mark::publicImage) {
        return "a public image needs no signature";
    }
    if (requestKind == RequestKind::publicVariant) {
        return "a public variant needs no signature";
    }
    return needsSignature(std::string(requestKindText(requestKind)) + " of a private image",
                          verdict);
}

Judgement judgementOf(RequestKind requestKind, Mark mark, const JudgedUrl& url,
                      const GateRules& rules) {
    const Decision decision = decide(requestKind, mark, url.verdict, rules.policy);
    return {decision.reason, statusOf(decision.reason, rules.dialect),
            ruleOf(requestKind, mark, url.verdict, rules.policy)};
}

}  // namespace

UrlParts dividedAtPrefix(const JudgedUrl& judged, const RequestTarget& target,
                         const GateRules& rules) {
    return {std::string_view(judged.uri).substr(rules.prefix.size()), rawQueryOf(target.raw),
            putsOptionsFirst(rules.dialect, rules.prefix), target.host,
            sentPathBelow(rules.prefix, target.raw)};
}

JudgedUrl judgeUrl(const RequestTarget& target, const GateRules& rules, std::int64_t now) {
    JudgedUrl judged;
    judged.claim = readSignature(rules.dialect, target.raw, rules.prefix);
    judged.verdict = verify(judged.claim, rules.keys, now, rules.maxExpiry);
    auto uri = normalisedUri(target.raw);
    if (!uri) {
        judged.nginxRefusal = uri.error();
        return judged;
    }
    judged.uri = std::move(*uri);
    auto parsed = parse(judged, target, rules);
    if (!parsed) {
        judged.parseError = parsed.error();
        return judged;
    }
    judged.furtherImages = furtherImagesOf(*parsed);
    judged.parsed = std::move(*parsed);
    return judged;
}

Judgement judge(const JudgedUrl& url, const GateRules& rules, Mark mark) {
    if (url.parsed) {
        return judgementOf(url.parsed->requestKind, mark, url, rules);
    }
    // A missing signature is refused before an invalid URL.
    if (const auto refusal = refuseBeforeUrl(url.verdict, rules.policy)) {
        return judgementOf(RequestKind::original, mark, url, rules);
    }
    const Reason reason = url.parseError.reason;
    return {reason, statusOf(reason, rules.dialect), url.parseError.detail};
}

Judgement judgeFurther(const JudgedUrl& url, const GateRules& rules, Mark mark) {
    return judgementOf(RequestKind::original, mark, url, rules);
}

std::string_view requestKindText(RequestKind requestKind) {
    switch (requestKind) {
        case RequestKind::original:
            return "the original";
        case RequestKind::publicVariant:
            return "a public variant";
        case RequestKind::signedVariant:
            return "a signed variant";
        case RequestKind::adhoc:
            return "an ad-hoc transformation";
    }
    return {};
}

}  // namespace private_image::tools
