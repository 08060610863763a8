// private-image explain: shows how a gate reads a URL, and its decision.
#include <ctime>

#include "tools/gate_rules.hpp"
#include "tools/judgement.hpp"
#include "tools/times.hpp"
#include "tools/verdict.hpp"
#include "transform/canonical.hpp"

namespace private_image::tools {
namespace {

constexpr Usage usage{
    "explain", "URL",
    "Shows the parts of a URL, the signed text, and the decision of a gate with\n"
    "these settings for a public and for a private image, with its rule and status.\n"
    "A URL is absolute, or a request target: path and query. An image whose mark is\n"
    "unknown is judged as private.\n"
    "\n"
    "Exit status: 0 something that is shown is allowed, 1 everything is refused,\n"
    "2 invalid usage.",
    1, 1};

struct ExplainRequest {
    GateOptions gateOptions;
    std::optional<std::int64_t> now;
    std::optional<Mark> mark;  // shows only this one
};

Option markOption(ExplainRequest& request) {
    return {"mark", "MARK", "public or private: judges that image alone",
            [&request](std::string_view text) -> std::string {
                if (text != "public" && text != "private") {
                    return "invalid value " + inQuotes(text) + ", write public or private";
                }
                request.mark = text == "public" ? Mark::publicImage : Mark::privateImage;
                return {};
            }};
}

void printLine(std::string_view name, std::string_view value) {
    constexpr std::size_t column = 25;
    std::string line = "  " + std::string(name);
    line.append(line.size() < column ? column - line.size() : 1, ' ');
    print(line + printable(value) + '\n');
}

void printPart(const UrlPart& part) {
    printLine("", part.text + "  (" + part.meaning + ')');
}

void printParts(const JudgedUrl& url, const RequestTarget& target, const GateRules& rules) {
    print("URL\n");
    printLine("dialect", dialectName(rules.dialect));
    printLine("request target", redactedTarget(rules.dialect, target.raw));
    if (!url.parsed) {
        return;
    }
    const UrlParts divided = dividedAtPrefix(url, target, rules);
    printPart({rules.prefix, "prefix"});
    for (const UrlPart& part : explainUrl(rules.dialect, divided, *url.parsed)) {
        printPart(part);
    }
    printLine("image", url.parsed->path);
    printLine("requested", requestKindText(url.parsed->requestKind));
    if (!url.parsed->variant.empty()) {
        printLine("variant", url.parsed->variant);
    }
    if (url.parsed->requestKind != RequestKind::original) {
        printLine("options", canonicalText(url.parsed->transform));
    }
    for (const FurtherImage& image : url.furtherImages) {
        printLine(image.role, image.path);
    }
}

void printSignature(const JudgedUrl& url, const GateRules& rules, std::int64_t now) {
    print("Signature\n");
    if (url.claim.shape == SignatureClaim::Shape::present) {
        printLine("signed text", url.claim.signedText);
    }
    printLine("verdict", verdictText(url.verdict, url.claim, rules, now));
}

std::string judgementText(const Judgement& judgement) {
    return std::to_string(judgement.status) + ' ' + std::string(reasonWord(judgement.reason)) +
           ": " + judgement.rule;
}

bool isAllowed(const Judgement& judgement) {
    return faultOf(judgement.reason) == Fault::none;
}

// True if the request is allowed.
bool printDecision(const JudgedUrl& url, const GateRules& rules, Mark mark) {
    const Judgement judgement = judge(url, rules, mark);
    printLine(std::string(markWord(mark)) + " image", judgementText(judgement));
    return isAllowed(judgement);
}

// A refused layer refuses the derivative. Its own mark counts, so both marks are shown.
void printFurther(const JudgedUrl& url, const GateRules& rules, Mark mark) {
    for (const FurtherImage& image : url.furtherImages) {
        const Judgement judgement = judgeFurther(url, rules, mark);
        printLine(std::string(markWord(mark)) + ' ' + image.role,
                  judgementText(judgement) + " (" + image.path + ')');
    }
}

bool printDecisions(const JudgedUrl& url, const GateRules& rules, std::optional<Mark> only) {
    print("Decision\n");
    bool isSomeAllowed = false;
    for (const Mark mark : {Mark::publicImage, Mark::privateImage}) {
        if (!only || *only == mark) {
            isSomeAllowed = printDecision(url, rules, mark) || isSomeAllowed;
        }
    }
    for (const Mark mark : {Mark::publicImage, Mark::privateImage}) {
        printFurther(url, rules, mark);
    }
    return isSomeAllowed;
}

Exit explain(const RequestTarget& target, const GateRules& rules, const ExplainRequest& request) {
    const std::int64_t now = request.now.value_or(std::time(nullptr));
    const JudgedUrl url = judgeUrl(target, rules, now);
    printParts(url, target, rules);
    printSignature(url, rules, now);
    if (!url.nginxRefusal.empty()) {
        print("Decision\n");
        printLine("any image", "400 by NGINX itself: " + url.nginxRefusal);
        return Exit::refused;
    }
    return printDecisions(url, rules, request.mark) ? Exit::good : Exit::refused;
}

}  // namespace

Exit runExplain(int argc, char** argv) {
    ExplainRequest request;
    Options options = signingOptions(request.gateOptions);
    options.push_back(maxExpiryOption(request.gateOptions));
    for (Option& option : policyOptions(request.gateOptions)) {
        options.push_back(std::move(option));
    }
    options.push_back(variantOption(request.gateOptions));
    options.push_back(markOption(request));
    options.push_back(nowOption(request.now));
    const auto urls = readCommandLine(argc, argv, usage, options);
    if (!urls) {
        return urls.error();
    }
    const auto rules = makeGateRules(request.gateOptions);
    if (!rules) {
        return refuseUsage(usage, rules.error());
    }
    const auto target = requestTargetOf(urls->front());
    if (!target) {
        return refuseUsage(usage, target.error());
    }
    return explain(*target, *rules, request);
}

}  // namespace private_image::tools
