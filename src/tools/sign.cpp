// private-image sign: signed URLs, as the services' own clients make them.
#include <ctime>

#include "dialect/unsigned_url.hpp"
#include "dialect/url_signer.hpp"
#include "tools/files.hpp"
#include "tools/gate.hpp"
#include "tools/times.hpp"

namespace private_image::tools {
namespace {

constexpr std::int64_t maxLifetime = 3650LL * 86'400;

constexpr Usage usage{
    "sign", "URL... | -",
    "Prints each URL with a signature, one a line. A URL is a whole one, or a path\n"
    "with its query; it begins with the prefix behind its host and carries no\n"
    "signature. What browsers would percent-encode, blanks and non-ASCII, is encoded.\n"
    "\"-\" reads URLs from standard input, one a line. Write --expires or --ttl.\n"
    "\n"
    "Exit status: 0 all were signed, 1 some could not be, 2 it could not be asked.",
    1, 10'000};

struct Asking {
    GateOptions gate;
    std::optional<std::int64_t> expires;  // 0: never
    std::optional<std::int64_t> lifetime, window, now;
};

Option expiresOption(Asking& asking) {
    return {"expires", "TIME",
            "when the URLs expire: unix seconds, or UTC as in\n"
            "2030-01-01 or 2030-01-01T12:30:00Z; or never",
            [&asking](std::string_view text) -> std::string {
                asking.expires = text == "never" ? 0 : parseInstant(text);
                const bool isTime = asking.expires && (*asking.expires > 0 || text == "never");
                return isTime ? "" : std::string(instantAdvice) + ", or never";
            }};
}

Option lengthOption(const char* name, const char* help, std::optional<std::int64_t>& seconds) {
    return {name, "TIME", help, [&seconds](std::string_view text) -> std::string {
                seconds = parseDuration(text, maxLifetime);
                return seconds.value_or(0) > 0 ? "" : "write a time from 1s to 3650d, such as 1h";
            }};
}

std::string errorIn(const Asking& asking) {
    if (asking.gate.keys.empty()) {
        return "write --key and the file of the signing key";
    }
    if (asking.expires.has_value() == asking.lifetime.has_value()) {
        return "write either --expires or --ttl";
    }
    return asking.window && !asking.lifetime ? "--window needs --ttl" : "";
}

std::int64_t expiryOf(const Asking& asking) {
    if (asking.expires) {
        return *asking.expires;
    }
    const std::int64_t now = asking.now.value_or(std::time(nullptr));
    return private_image::expiryOf(now, *asking.lifetime, asking.window.value_or(0));
}

class Signer {
public:
    Signer(const Gate& gate, std::int64_t expires) : gate_(gate), expires_(expires) {}

    // `place`: what a complaint begins with.
    bool signOne(std::string_view url, const std::string& place) const {
        const auto signedUrl =
            signUrl(gate_.dialect, url, gate_.prefix, gate_.keys, gate_.keys.primary(), expires_);
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
    const Gate& gate_;
    const std::int64_t expires_;
};

}  // namespace

Exit runSign(int argc, char** argv) {
    Asking asking;
    Options options = signingOptions(asking.gate);
    options.push_back(expiresOption(asking));
    options.push_back(
        lengthOption("ttl", "how long from now they live, such as 1h30m or 7d", asking.lifetime));
    options.push_back(lengthOption("window",
                                   "with --ttl, rounds the expiry up to a multiple of this,\n"
                                   "so that URLs repeat and browsers can keep what they got",
                                   asking.window));
    options.push_back(nowOption(asking.now));
    const auto urls = readCommandLine(argc, argv, usage, options);
    if (!urls) {
        return urls.error();
    }
    if (const std::string error = errorIn(asking); !error.empty()) {
        return refuseUsage(usage, error);
    }
    const auto gate = makeGate(asking.gate);
    if (!gate) {
        return refuseUsage(usage, gate.error());
    }
    const Signer signer(*gate, expiryOf(asking));
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
