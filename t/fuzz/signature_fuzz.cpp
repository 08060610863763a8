// Signed request targets: a line of two characters says which of their bytes is changed how, the
// rest is the target. Whatever verifies is exactly what was signed.
#include "access/signature.hpp"
#include "dialect/cloudflare.hpp"
#include "fuzzing.hpp"

namespace private_image::fuzzing {
namespace {

constexpr std::string_view prefix = "/img/";
constexpr std::int64_t now = 1'767'225'600;
constexpr std::int64_t later = now + 3600;

SignatureVerdict judge(Dialect dialect, std::string_view target) {
    const SignatureClaim claim = dialect == Dialect::cloudflare
                                     ? cloudflare::readSignature(target, prefix)
                                     : imagekit::readSignature(target, prefix);
    return verify(claim, keysOf(dialect), now, 0);
}

bool isGenuine(Dialect dialect, std::string_view target) {
    const Signature signature = judge(dialect, target).signature;
    return signature == Signature::valid || signature == Signature::expired;
}

// As the services publish their schemes, and by no code that verifies.
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

// Everything but the two parameters was signed, in its place.
void requireCovered(Dialect dialect, std::string_view target) {
    const SignatureVerdict verdict = judge(dialect, target);
    if (!isGenuine(dialect, target)) {
        require(verdict.key == -1, "no key fits what is not genuine", target);
        return;
    }
    const bool isCloudflare = dialect == Dialect::cloudflare;
    const SignatureClaim claim = isCloudflare ? cloudflare::readSignature(target, prefix)
                                              : imagekit::readSignature(target, prefix);
    const std::size_t digest = (isCloudflare ? 1 + 4 + 64 : 1 + 5 + 40);
    const bool hasExpiry = target.find("ik-t=") != target.npos;
    const std::size_t left =
        isCloudflare ? target.size() - digest
                     : target.size() - prefix.size() - digest + 10 - (hasExpiry ? 1 + 5 + 10 : 0);
    require(claim.signedText.size() == left, "nothing else is left out of what is signed", target);
}

void requireRedacted(Dialect dialect, std::string_view target) {
    const bool isCloudflare = dialect == Dialect::cloudflare;
    const std::string redacted =
        isCloudflare ? cloudflare::redactedTarget(target) : imagekit::redactedTarget(target);
    require(
        judge(dialect, redacted).signature == Signature::none && redacted.size() <= target.size(),
        "no log holds a signature", redacted);
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
            requireEveryByteCounts(dialect, target, byte, kind);
        } else if (isUnsigned(target)) {
            const std::string made = signedTarget(dialect, target);
            const SignatureVerdict verdict = judge(dialect, made);
            require(verdict.signature == Signature::valid && verdict.expires == later,
                    "what is signed verifies", made);
            requireRedacted(dialect, made);
            requireCovered(dialect, made);
            requireEveryByteCounts(dialect, made, byte, kind);
        }
    }
    return 0;
}
