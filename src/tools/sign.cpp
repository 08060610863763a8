// private-image sign: signs URLs as the services' own clients do.
#include <ctime>

#include "dialect/unsigned_url.hpp"
#include "dialect/url_signer.hpp"
#include "tools/files.hpp"
#include "tools/gate_rules.hpp"
#include "tools/times.hpp"

namespace private_image::tools {
namespace {

constexpr std::int64_t maxLifetime = 3650LL * 86'400;

constexpr Usage usage{
    "sign", "URL... | -",
    "Prints each URL with a signature, one a line. A URL is absolute, or a path with\n"
    "its query; its path begins with the prefix, and it carries no signature.\n"
    "Blanks and non-ASCII, which browsers would percent-encode, are encoded.\n"
    "\"-\" reads URLs from standard input, one a line. Write --expires or --ttl.\n"
    "\n"
    "Exit status: 0 all were signed, 1 some could not be signed, 2 invalid usage.",
    1, 10'000};

struct SignRequest {
    GateOptions gateOptions;
    std::optional<std::int64_t> expires;  // 0: never
    std::optional<std::int64_t> lifetime, window, now;
};

Option expiresOption(SignRequest& request) {
    return {"expires", "TIME",
            "when the URLs expire: unix seconds, or UTC as in\n"
            "2030-01-01 or 2030-01-01T12:30:00Z; or never",
            [&request](std::string_view text) -> std::string {
                request.expires = text == "never" ? 0 : parseInstant(text);
                const bool isTime = request.expires && (*request.expires > 0 || text == "never");
                return isTime ? "" : std::string(instantAdvice) + ", or never";
            }};
}

Option lengthOption(const char* name, const char* help, std::optional<std::int64_t>& seconds) {
    return {name, "TIME", help, [&seconds](std::string_view text) -> std::string {
                seconds = parseDuration(text, maxLifetime);
                return seconds.value_or(0) > 0 ? "" : "write a time from 1s to 3650d, such as 1h";
            }};
}

std::string errorIn(const SignRequest& request) {
    if (request.gateOptions.keys.empty()) {
        return "write --key and the file of the signing key";
    }
    if (request.expires.has_value() == request.lifetime.has_value()) {
        return "write either --expires or --ttl";
    }
    return request.window && !request.lifetime ? "--window needs --ttl" : "";
}

std::int64_t expiryOf(const SignRequest& request) {
    if (request.expires) {
        return *request.expires;
    }
    const std::int64_t now = request.now.value_or(std::time(nullptr));
    return private_image::expiryOf(now, *request.lifetime, request.window.value_or(0));
}

class Signer {
public:
    Signer(const GateRules& rules, std::int64_t expires) : rules_(rules), expires_(expires) {}

    // `place`: the beginning of an error message.
    bool signOne(std::string_view url, const std::string& place) const {
        const auto signedUrl = signUrl(rules_.dialect, url, rules_.prefix, rules_.keys,
                                       rules_.keys.primary(), expires_);
        if (!signedUrl) {
            complain(place + ": " + signedUrl.error());
            return false;
        }
        print(*signedUrl + '\n');
        return true;
    }

    bool signLines() const {
        bool areSigned = true;
        std::size_t number = 0;
        Lines lines(maxUrlLength + 1);
        for (std::string line; lines.next(line);) {
            areSigned = signOne(line, "sign: line " + std::to_string(++number)) && areSigned;
        }
        return areSigned;
    }

private:
    const GateRules& rules_;
    const std::int64_t expires_;
};

}  // namespace

Exit runSign(int argc, char** argv) {
    SignRequest request;
    Options options = signingOptions(request.gateOptions);
    options.push_back(expiresOption(request));
    options.push_back(lengthOption("ttl", "how long from now they are valid, such as 1h30m or 7d",
                                   request.lifetime));
    options.push_back(lengthOption("window",
                                   "with --ttl, rounds the expiry up to a multiple of this,\n"
                                   "so that URLs repeat and browsers can keep what they got",
                                   request.window));
    options.push_back(nowOption(request.now));
    const auto urls = readCommandLine(argc, argv, usage, options);
    if (!urls) {
        return urls.error();
    }
    if (const std::string error = errorIn(request); !error.empty()) {
        return refuseUsage(usage, error);
    }
    const auto rules = makeGateRules(request.gateOptions);
    if (!rules) {
        return refuseUsage(usage, rules.error());
    }
    const Signer signer(*rules, expiryOf(request));
    bool areSigned = true;
    for (std::size_t i = 0; i < urls->size(); ++i) {
        const std::string_view url = (*urls)[i];
        const bool isSigned = url == "-"
                                  ? signer.signLines()
                                  : signer.signOne(url, "sign: URL " + std::to_string(i + 1));
        areSigned = isSigned && areSigned;
    }
    return areSigned ? Exit::good : Exit::refused;
}

}  // namespace private_image::tools
