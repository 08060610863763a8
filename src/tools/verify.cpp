// private-image verify: judges the signatures of URLs.
#include <ctime>

#include "tools/files.hpp"
#include "tools/gate_rules.hpp"
#include "tools/request_target.hpp"
#include "tools/times.hpp"
#include "tools/verdict.hpp"

namespace private_image::tools {
namespace {

constexpr Usage usage{
    "verify", "URL... | -",
    "Prints one line for each URL: whether its signature is valid, bad, expired or\n"
    "missing. A URL is absolute, or a request target: path and query. \"-\" reads\n"
    "URLs from standard input, one a line.\n"
    "\n"
    "Exit status: 0 all are valid, 1 some are not, 2 invalid usage.",
    1, 10'000};

// One line for one URL.
bool verifyOne(std::string_view url, const GateRules& rules, std::int64_t now) {
    const auto target = requestTargetOf(url);
    if (!target) {
        print("bad: " + target.error() + '\n');
        return false;
    }
    const SignatureClaim claim = readSignature(rules.dialect, target->raw, rules.prefix);
    const SignatureVerdict verdict = verify(claim, rules.keys, now, rules.maxExpiry);
    print(verdictText(verdict, claim, rules, now) + '\n');
    return verdict.signature == Signature::valid;
}

bool verifyLines(const GateRules& rules, std::int64_t now) {
    bool areValid = true;
    Lines lines(maxTargetLength + 1);
    for (std::string line; lines.next(line);) {
        areValid = verifyOne(line, rules, now) && areValid;
    }
    return areValid;
}

}  // namespace

Exit runVerify(int argc, char** argv) {
    GateOptions gateOptions;
    std::optional<std::int64_t> now;
    Options options = signingOptions(gateOptions);
    options.push_back(maxExpiryOption(gateOptions));
    options.push_back(nowOption(now));
    const auto urls = readCommandLine(argc, argv, usage, options);
    if (!urls) {
        return urls.error();
    }
    const auto rules = makeGateRules(gateOptions);
    if (!rules) {
        return refuseUsage(usage, rules.error());
    }
    if (rules->keys.empty()) {
        return refuseUsage(usage, "write --key and the file of a signing key");
    }
    const std::int64_t instant = now.value_or(std::time(nullptr));
    bool areValid = true;
    for (const std::string_view url : *urls) {
        const bool isValid =
            url == "-" ? verifyLines(*rules, instant) : verifyOne(url, *rules, instant);
        areValid = isValid && areValid;
    }
    return areValid ? Exit::good : Exit::refused;
}

}  // namespace private_image::tools
