// ImageKit's URLs, as NGINX decodes them: a URI, and on a second line the raw query.
#include "base/encoding.hpp"
#include "request_checks.hpp"

namespace private_image::fuzzing {
namespace {

void requireParsed(const UrlParts& url) {
    const ParseResult parsed = imagekit::parseRequest(url, variants());
    if (!parsed) {
        requireRefusal(parsed.error());
        return;
    }
    requireRequest(*parsed, variants());
    const std::string& filename = parsed->attachmentFilename;
    require(filename.size() <= 255 && filename.find_first_of("\r\n") == filename.npos &&
                filename.find('\0') == filename.npos,
            "a file's name fits into a header", filename);
}

}  // namespace
}  // namespace private_image::fuzzing

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace private_image::fuzzing;
    std::string_view rest = textOf(data, size);
    const std::string_view uri = takeLine(rest);
    requireParsed({uri, rest});
    return 0;
}
