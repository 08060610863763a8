// Signs URLs in each dialect. A signed URL must verify, and a gate must accept it.
#include "access/signature.hpp"
#include "dialect/cloudflare/cloudflare.hpp"
#include "dialect/parsed_request.hpp"
#include "dialect/unsigned_url.hpp"
#include "fuzzing.hpp"

namespace private_image::fuzzing {
namespace {

constexpr std::string_view prefix = "/img/";
constexpr std::int64_t now = 1'767'225'600;

SignatureVerdict judge(Dialect dialect, std::string_view target) {
    return verify(readSignature(dialect, target, prefix), keysOf(dialect), now, 0);
}

void requireStable(const UnsignedUrl& parts) {
    const std::string spelled = parts.origin + parts.path + parts.query;
    if (spelled.size() > maxUrlLength) {
        return;  // escapes made it too long
    }
    const auto again = readUnsignedUrl(spelled, prefix);
    require(bool(again), "a URL may be spelled as clients send it", spelled);
    require(
        again->origin == parts.origin && again->path == parts.path && again->query == parts.query,
        "a URL that clients send stays as it is", spelled);
}

void requireSigned(Dialect dialect, std::string_view url, std::int64_t expires) {
    const auto made = signUrl(dialect, url, prefix, keysOf(dialect), 0, expires);
    if (!made) {
        require(!made.error().empty() && isPrintable(made.error()), "a refusal is a sentence",
                made.error());
        return;
    }
    const auto parts = readUnsignedUrl(url, prefix);
    require(bool(parts) && made->starts_with(parts->origin + std::string(prefix)),
            "a signed URL leads to where it was asked for", *made);
    const std::string_view target = std::string_view(*made).substr(parts->origin.size());
    const SignatureVerdict verdict = judge(dialect, target);
    require(verdict.signature == Signature::valid && verdict.expires == expires,
            "what is signed verifies until it expires", *made);
    require(made->size() <= maxUrlLength && isPrintable(*made) && made->find(' ') == made->npos,
            "a signed URL can be sent", *made);
    require(rawTargetError(target).empty(), "a gate would serve it", *made);
    require(!signUrl(dialect, *made, prefix, keysOf(dialect), 0, expires),
            "nothing is signed twice", *made);
}

}  // namespace
}  // namespace private_image::fuzzing

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace private_image;
    using namespace private_image::fuzzing;
    const std::string_view url = textOf(data, size);
    if (const auto parts = readUnsignedUrl(url, prefix)) {
        requireStable(*parts);
    }
    for (const Dialect dialect : {Dialect::cloudflare, Dialect::imagekit}) {
        requireSigned(dialect, url, now + 60);
        requireSigned(dialect, url, 0);
    }
    return 0;
}
