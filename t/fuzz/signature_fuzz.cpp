// Signed request targets. Two characters on the first line determine which byte is changed, and
// how; the rest is the target. A target that verifies must be the signed one, with the same
// meaning.
#include "access/signature.hpp"
#include "dialect/cloudflare/cloudflare.hpp"
#include "dialect/signed_target.hpp"
#include "fuzzing.hpp"
#include "tools/request_target.hpp"

namespace private_image::fuzzing {
namespace {

constexpr std::string_view prefix = "/img/";
constexpr std::int64_t now = 1'767'225'600;
constexpr std::int64_t later = now + 3600;

SignatureClaim claimOf(Dialect dialect, std::string_view target) {
    return readSignature(dialect, target, prefix);
}

SignatureVerdict judge(Dialect dialect, std::string_view target) {
    return verify(claimOf(dialect, target), keysOf(dialect), now, 0);
}

// Everything that a gate reads from a target, one value per line; the error if the gate refuses it.
std::string meaningOf(Dialect dialect, std::string_view target) {
    const auto uri = tools::normalisedUri(target);
    if (!uri || !uri->starts_with(prefix)) {
        return "no image";
    }
    const UrlParts url{std::string_view(*uri).substr(prefix.size()),
                       tools::rawQueryOf(target),
                       false,
                       {},
                       sentPathBelow(prefix, target)};
    const ParseResult parsed = parseRequest(dialect, url, variants());
    if (!parsed) {
        return parsed.error().detail;
    }
    return parsed->path + '\n' + parsed->variant + '\n' +
           std::to_string(static_cast<int>(parsed->requestKind)) +
           canonicalText(parsed->transform) + (parsed->attachment ? "\nattachment " : "\n") +
           parsed->attachmentFilename;
}

std::int64_t expiryIn(std::string_view target, std::string_view name) {
    std::int64_t expires = 0;
    forEachParameter(target, [&](std::string_view parameter) {
        if (parameter.starts_with(name) && parameter.substr(name.size()).starts_with('=')) {
            expires = std::stoll(std::string(parameter.substr(name.size() + 1)));
        }
    });
    return expires;
}

bool isGenuine(Dialect dialect, std::string_view target) {
    const Signature signature = judge(dialect, target).signature;
    return signature == Signature::valid || signature == Signature::expired;
}

// Implements the published schemes of the services, independently of the code that verifies.
std::string signedTarget(Dialect dialect, std::string_view target) {
    const std::string joint = target.find('?') == target.npos ? "?" : "&";
    const std::string expires = std::to_string(later);
    if (dialect == Dialect::cloudflare) {
        const std::string text = std::string(target) + joint + "exp=" + expires;
        return text + "&sig=" + keysOf(dialect).sign(0, text);
    }
    const std::string text = std::string(target.substr(prefix.size())) + expires;
    return std::string(target) + joint + "ik-t=" + expires +
           "&ik-s=" + keysOf(dialect).sign(0, text);
}

bool isUnsigned(std::string_view target) {
    return target.starts_with(prefix) && target.find('#') == target.npos &&
           target.find("exp") == target.npos && target.find("sig") == target.npos &&
           target.find("ik-") == target.npos;
}

// Everything except the two parameters was signed, in the same order.
void requireCovered(Dialect dialect, std::string_view target) {
    const SignatureVerdict verdict = judge(dialect, target);
    if (!isGenuine(dialect, target)) {
        require(verdict.key == -1, "no key fits what is not genuine", target);
        return;
    }
    const bool isCloudflare = dialect == Dialect::cloudflare;
    const SignatureClaim claim = claimOf(dialect, target);
    const std::size_t digest = (isCloudflare ? 1 + 4 + 64 : 1 + 5 + 40);
    const bool hasExpiry = target.find("ik-t=") != target.npos;
    const std::size_t left =
        isCloudflare ? target.size() - digest
                     : target.size() - prefix.size() - digest + 10 - (hasExpiry ? 1 + 5 + 10 : 0);
    require(claim.signedText.size() == left, "nothing else is left out of what is signed", target);
}

// Path, transformation and expiry are read only from the signed text.
void requireReadAsSigned(Dialect dialect, std::string_view target) {
    if (!isGenuine(dialect, target)) {
        return;
    }
    const SignatureClaim claim = claimOf(dialect, target);
    std::string text = claim.signedText;
    std::int64_t expires = 0;
    if (dialect == Dialect::cloudflare) {
        expires = expiryIn(text, "exp");
    } else {
        require(text.size() >= 10, "an expiry is signed", target);
        expires = std::stoll(text.substr(text.size() - 10));
        expires = expires == 9999999999 ? 0 : expires;
        text = std::string(prefix) + text.substr(0, text.size() - 10);
    }
    require(claim.expires == expires, "the expiry that counts is the one that is signed", target);
    require(meaningOf(dialect, target) == meaningOf(dialect, text),
            "what is read is what is signed", std::string(target) + '\n' + text);
}

void requireRedacted(Dialect dialect, std::string_view target) {
    const std::string redacted = redactedTarget(dialect, target);
    require(
        judge(dialect, redacted).signature == Signature::none && redacted.size() <= target.size(),
        "no log holds a signature", redacted);
}

// Moves a part of the target, such as digits from the path to the expiry. If the target still
// verifies, as after moving ImageKit's two parameters, it must mean the same.
void requireEveryPlaceCounts(Dialect dialect, std::string_view target, std::size_t length,
                             std::size_t distance) {
    const std::int64_t expires = judge(dialect, target).expires;
    for (std::size_t from = 0; from + length <= target.size(); ++from) {
        std::string moved(target);
        const std::string part = moved.substr(from, length);
        moved.erase(from, length);
        moved.insert((from + distance) % (moved.size() + 1), part);
        if (!isGenuine(dialect, moved)) {
            continue;
        }
        require(judge(dialect, moved).expires == expires &&
                    meaningOf(dialect, moved) == meaningOf(dialect, target),
                "nothing can be moved to mean something else", moved);
        requireReadAsSigned(dialect, moved);
    }
}

// Repeats each parameter.
void requireNoneTwice(Dialect dialect, std::string_view target) {
    forEachParameter(target, [&](std::string_view parameter) {
        for (const char joint : {'&', '?'}) {
            const std::string doubled = std::string(target) + joint + std::string(parameter);
            require(!isGenuine(dialect, doubled), "no parameter can be given twice", doubled);
        }
    });
}

void requireEveryByteCounts(Dialect dialect, std::string_view target, char byte, char kind) {
    for (std::size_t i = 0; i < target.size(); ++i) {
        std::string changed(target);
        switch (kind & 3) {
            case 0:
                changed[i] = static_cast<char>(changed[i] ^ (byte == 0 ? 1 : byte));
                break;
            case 1:
                changed.erase(i, 1);
                break;
            case 2:
                changed.insert(i, 1, byte);
                break;
            default:
                std::swap(changed[i],
                          changed[(i + static_cast<unsigned char>(byte)) % changed.size()]);
        }
        require(changed == target || !isGenuine(dialect, changed),
                "no other target verifies by the same signature", changed);
    }
}

// Bits 0 and 1 of `kind` choose how bytes are changed, the others how many are moved.
void requireUnchangeable(Dialect dialect, std::string_view target, char byte, char kind) {
    const auto bits = static_cast<unsigned char>(kind);
    requireReadAsSigned(dialect, target);
    requireEveryByteCounts(dialect, target, byte, kind);
    requireNoneTwice(dialect, target);
    requireEveryPlaceCounts(dialect, target, 1 + bits / 4 % 16, static_cast<unsigned char>(byte));
}

}  // namespace
}  // namespace private_image::fuzzing

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace private_image;
    using namespace private_image::fuzzing;
    if (size < 3) {
        return 0;
    }
    const char byte = static_cast<char>(data[0]), kind = static_cast<char>(data[1]);
    const std::string_view target = textOf(data + 3, size - 3);
    for (const Dialect dialect : {Dialect::cloudflare, Dialect::imagekit}) {
        requireRedacted(dialect, target);
        requireCovered(dialect, target);
        if (isGenuine(dialect, target)) {
            requireUnchangeable(dialect, target, byte, kind);
        } else if (isUnsigned(target)) {
            const std::string made = signedTarget(dialect, target);
            const SignatureVerdict verdict = judge(dialect, made);
            require(verdict.signature == Signature::valid && verdict.expires == later,
                    "what is signed verifies", made);
            requireRedacted(dialect, made);
            requireCovered(dialect, made);
            requireUnchangeable(dialect, made, byte, kind);
        }
    }
    return 0;
}
