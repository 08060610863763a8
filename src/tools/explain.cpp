// private-image explain: what a gate reads in a URL, and what it would answer.
#include <ctime>

#include "tools/gate.hpp"
#include "tools/judgement.hpp"
#include "tools/times.hpp"
#include "tools/verdict.hpp"
#include "transform/canonical.hpp"

namespace private_image::tools {
namespace {

constexpr Usage usage{
    "explain", "URL",
    "Says which part of a URL is what, which text was signed, and what a gate with\n"
    "these settings would decide for a public and for a private image, by which\n"
    "rule and with which status. A URL is a whole one, or a request target: path\n"
    "and query. An image whose mark is unknown is judged as private.\n"
    "\n"
    "Exit status: 0 some of what is shown is allowed, 1 all of it is refused, 2 it\n"
    "could not be asked.",
    1, 1};

struct Asking {
    GateOptions gate;
    std::optional<std::int64_t> now;
    std::optional<Mark> mark;  // show this one alone
};

Option markOption(Asking& asking) {
    return {"mark", "MARK", "public or private: judges that image alone",
            [&asking](std::string_view text) -> std::string {
                if (text != "public" && text != "private") {
                    return "invalid value " + inQuotes(text) + ", write public or private";
                }
                asking.mark = text == "public" ? Mark::publicImage : Mark::privateImage;
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

void printParts(const JudgedUrl& url, const RequestTarget& target, const Gate& gate) {
    print("URL\n");
    printLine("dialect", dialectName(gate.dialect));
    printLine("request target", redactedTarget(gate.dialect, target.raw));
    if (!url.parsed) {
        return;
    }
    const UrlParts divided = dividedAtPrefix(url, target, gate);
    printPart({gate.prefix, "prefix"});
    for (const UrlPart& part : explainUrl(gate.dialect, divided, *url.parsed)) {
        printPart(part);
    }
    printLine("image", url.parsed->path);
    printLine("asked for", askedText(url.parsed->asked));
    if (!url.parsed->variant.empty()) {
        printLine("variant", url.parsed->variant);
    }
    if (url.parsed->asked != Asked::original) {
        printLine("options", canonicalText(url.parsed->transform));
    }
    for (const FurtherImage& image : url.furtherImages) {
        printLine(image.role, image.path);
    }
}

void printSignature(const JudgedUrl& url, const Gate& gate, std::int64_t now) {
    print("Signature\n");
    if (url.claim.shape == SignatureClaim::Shape::present) {
        printLine("signed text", url.claim.signedText);
    }
    printLine("verdict", verdictText(url.verdict, url.claim, gate, now));
}

std::string judgementText(const Judgement& judgement) {
    return std::to_string(judgement.status) + ' ' + std::string(reasonWord(judgement.reason)) +
           ": " + judgement.rule;
}

bool isAllowed(const Judgement& judgement) {
    return faultOf(judgement.reason) == Fault::none;
}

// True if it is allowed, and everything that is fetched on the way as well.
bool printDecision(const JudgedUrl& url, const Gate& gate, Mark mark) {
    const Judgement judgement = judge(url, gate, mark);
    printLine(std::string(markWord(mark)) + " image", judgementText(judgement));
    return isAllowed(judgement);
}

// A refused layer refuses the whole; whether it is private, its own answer says.
void printFurther(const JudgedUrl& url, const Gate& gate, Mark mark) {
    for (const FurtherImage& image : url.furtherImages) {
        const Judgement judgement = judgeFurther(url, gate, mark);
        printLine(std::string(markWord(mark)) + ' ' + image.role,
                  judgementText(judgement) + " (" + image.path + ')');
    }
}

bool printDecisions(const JudgedUrl& url, const Gate& gate, std::optional<Mark> only) {
    print("Decision\n");
    bool isSomeAllowed = false;
    for (const Mark mark : {Mark::publicImage, Mark::privateImage}) {
        if (!only || *only == mark) {
            isSomeAllowed = printDecision(url, gate, mark) || isSomeAllowed;
        }
    }
    for (const Mark mark : {Mark::publicImage, Mark::privateImage}) {
        printFurther(url, gate, mark);
    }
    return isSomeAllowed;
}

Exit explain(const RequestTarget& target, const Gate& gate, const Asking& asking) {
    const std::int64_t now = asking.now.value_or(std::time(nullptr));
    const JudgedUrl url = judgeUrl(target, gate, now);
    printParts(url, target, gate);
    printSignature(url, gate, now);
    if (!url.nginxRefusal.empty()) {
        print("Decision\n");
        printLine("any image", "400 by NGINX itself: " + url.nginxRefusal);
        return Exit::refused;
    }
    return printDecisions(url, gate, asking.mark) ? Exit::good : Exit::refused;
}

}  // namespace

Exit runExplain(int argc, char** argv) {
    Asking asking;
    Options options = signingOptions(asking.gate);
    options.push_back(maxExpiryOption(asking.gate));
    for (Option& option : policyOptions(asking.gate)) {
        options.push_back(std::move(option));
    }
    options.push_back(variantOption(asking.gate));
    options.push_back(markOption(asking));
    options.push_back(nowOption(asking.now));
    const auto urls = readCommandLine(argc, argv, usage, options);
    if (!urls) {
        return urls.error();
    }
    const auto gate = makeGate(asking.gate);
    if (!gate) {
        return refuseUsage(usage, gate.error());
    }
    const auto target = requestTargetOf(urls->front());
    if (!target) {
        return refuseUsage(usage, target.error());
    }
    return explain(*target, *gate, asking);
}

}  // namespace private_image::tools
