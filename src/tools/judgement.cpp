// Puts a URL through a gate's checks in their order, with the core's own decision. Words that
// decision by the row of the access table that led to it.
#include "tools/judgement.hpp"

namespace private_image::tools {
namespace {

ParseResult parse(const JudgedUrl& judged, const RequestTarget& target, const Gate& gate) {
    if (const std::string_view wrong = rawTargetError(target.raw); !wrong.empty()) {
        return Error{ParseError{Reason::badUrl, std::string(wrong)}};
    }
    if (!judged.uri.starts_with(gate.prefix)) {
        return Error{ParseError{Reason::badUrl, "the URL does not begin with the prefix"}};
    }
    return parseRequest(gate.dialect, dividedAtPrefix(judged, target, gate), gate.variants);
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
            return "there is none";
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

// The row of the table by which it was decided.
std::string ruleOf(Asked asked, Mark mark, const SignatureVerdict& verdict, AccessPolicy policy) {
    if (policy.signatureAlways && verdict.signature != Signature::valid) {
        return needsSignature("under private_image_signature always, everything", verdict);
    }
    const bool isAdhoc = asked == Asked::adhoc;
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
    if (asked == Asked::publicVariant) {
        return "a public variant needs no signature";
    }
    return needsSignature(std::string(askedText(asked)) + " of a private image", verdict);
}

Judgement judgementOf(Asked asked, Mark mark, const JudgedUrl& url, const Gate& gate) {
    const Decision decision = decide(asked, mark, url.verdict, gate.policy);
    return {decision.reason, statusOf(decision.reason, gate.dialect),
            ruleOf(asked, mark, url.verdict, gate.policy)};
}

}  // namespace

UrlParts dividedAtPrefix(const JudgedUrl& judged, const RequestTarget& target, const Gate& gate) {
    return {std::string_view(judged.uri).substr(gate.prefix.size()), rawQueryOf(target.raw),
            putsOptionsFirst(gate.dialect, gate.prefix), target.host,
            sentPathBelow(gate.prefix, target.raw)};
}

JudgedUrl judgeUrl(const RequestTarget& target, const Gate& gate, std::int64_t now) {
    JudgedUrl judged;
    judged.claim = readSignature(gate.dialect, target.raw, gate.prefix);
    judged.verdict = verify(judged.claim, gate.keys, now, gate.maxExpiry);
    auto uri = normalisedUri(target.raw);
    if (!uri) {
        judged.nginxRefusal = uri.error();
        return judged;
    }
    judged.uri = std::move(*uri);
    auto parsed = parse(judged, target, gate);
    if (!parsed) {
        judged.parseError = parsed.error();
        return judged;
    }
    judged.furtherImages = furtherImagesOf(*parsed);
    judged.parsed = std::move(*parsed);
    return judged;
}

Judgement judge(const JudgedUrl& url, const Gate& gate, Mark mark) {
    if (url.parsed) {
        return judgementOf(url.parsed->asked, mark, url, gate);
    }
    // The signature is asked for first.
    if (const auto refusal = refuseBeforeUrl(url.verdict, gate.policy)) {
        return judgementOf(Asked::original, mark, url, gate);
    }
    const Reason reason = url.parseError.reason;
    return {reason, statusOf(reason, gate.dialect), url.parseError.detail};
}

Judgement judgeFurther(const JudgedUrl& url, const Gate& gate, Mark mark) {
    return judgementOf(Asked::original, mark, url, gate);
}

std::string_view askedText(Asked asked) {
    switch (asked) {
        case Asked::original:
            return "the original";
        case Asked::publicVariant:
            return "a public variant";
        case Asked::signedVariant:
            return "a signed variant";
        case Asked::adhoc:
            return "an ad-hoc transformation";
    }
    return {};
}

}  // namespace private_image::tools
