// Cloudflare's URLs, as NGINX decodes them: a URI, and the host for the form with options first.
#include "dialect/cloudflare/cloudflare.hpp"
#include "request_checks.hpp"

namespace private_image::fuzzing {
namespace {

void requireParsed(const UrlParts& url) {
    const ParseResult parsed = cloudflare::parseRequest(url, variants());
    if (!parsed) {
        requireRefusal(parsed.error());
        return;
    }
    requireRequest(*parsed, variants());
    require(!parsed->transform.redirectsOnError || url.hasOptionsFirst,
            "an id is no address to go to", url.uri);
    require(!url.hasOptionsFirst || !parsed->path.starts_with("//"),
            "a redirect leads to this server", parsed->path);
    require(parsed->requestKind != RequestKind::adhoc || parsed->transform.watermarks.empty(),
            "a URL names no watermark", url.uri);
}

}  // namespace
}  // namespace private_image::fuzzing

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace private_image::fuzzing;
    std::string_view rest = textOf(data, size);
    const std::string_view host = takeLine(rest);
    requireParsed({rest, {}, false, host});
    requireParsed({rest, {}, true, host});
    return 0;
}
