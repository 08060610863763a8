// private-image verify: what a gate makes of a URL's signature.
#include <ctime>

#include "tools/files.hpp"
#include "tools/gate.hpp"
#include "tools/request_target.hpp"
#include "tools/times.hpp"
#include "tools/verdict.hpp"

namespace private_image::tools {
namespace {

constexpr Usage usage{
    "verify", "URL... | -",
    "Says of each URL, one line for each, whether its signature is valid, bad,\n"
    "expired, or whether there is none. A URL is a whole one, or a request target:\n"
    "path and query. \"-\" reads URLs from standard input, one a line.\n"
    "\n"
    "Exit status: 0 all are valid, 1 some are not, 2 it could not be asked.",
    1, 10'000};

// One line for one URL.
bool verifyOne(std::string_view url, const Gate& gate, std::int64_t now) {
    const auto target = requestTargetOf(url);
    if (!target) {
        print("bad: " + target.error() + '\n');
        return false;
    }
    const SignatureClaim claim = readSignature(gate.dialect, target->raw, gate.prefix);
    const SignatureVerdict verdict = verify(claim, gate.keys, now, gate.maxExpiry);
    print(verdictText(verdict, claim, gate, now) + '\n');
    return verdict.signature == Signature::valid;
}

bool verifyLines(const Gate& gate, std::int64_t now) {
    bool areValid = true;
    Lines lines(maxTargetLength + 1);
    for (std::string line; lines.next(line);) {
        areValid = verifyOne(line, gate, now) && areValid;
    }
    return areValid;
}

}  // namespace

Exit runVerify(int argc, char** argv) {
    GateOptions asked;
    std::optional<std::int64_t> now;
    Options options = signingOptions(asked);
    options.push_back(maxExpiryOption(asked));
    options.push_back(nowOption(now));
    const auto urls = readCommandLine(argc, argv, usage, options);
    if (!urls) {
        return urls.error();
    }
    const auto gate = makeGate(asked);
    if (!gate) {
        return refuseUsage(usage, gate.error());
    }
    if (gate->keys.empty()) {
        return refuseUsage(usage, "write --key and the file of a signing key");
    }
    const std::int64_t instant = now.value_or(std::time(nullptr));
    bool areValid = true;
    for (const std::string_view url : *urls) {
        const bool isValid =
            url == "-" ? verifyLines(*gate, instant) : verifyOne(url, *gate, instant);
        areValid = isValid && areValid;
    }
    return areValid ? Exit::good : Exit::refused;
}

}  // namespace private_image::tools
