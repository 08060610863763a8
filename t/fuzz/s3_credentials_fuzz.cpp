// S3 credentials files, with the profile on the first line; signs a request with the parsed keys.
#include "fuzzing.hpp"
#include "s3/credentials.hpp"
#include "s3/signer.hpp"

namespace private_image::fuzzing {
namespace {

void requireSameInWindows(std::string_view text, std::string_view profile,
                          const Credentials& credentials) {
    std::string windows;
    for (const char c : text) {
        windows += c == '\n' ? "\r\n" : std::string(1, c);
    }
    const auto again = parseCredentials(windows + "\r\n# the end\r\n", profile);
    require(again && again->accessKeyId == credentials.accessKeyId &&
                again->secretAccessKey.bytes() == credentials.secretAccessKey.bytes() &&
                again->sessionToken.bytes() == credentials.sessionToken.bytes(),
            "ends of lines and comments do not count", windows);
}

void requireCredentials(std::string_view text, std::string_view profile) {
    auto credentials = parseCredentials(text, profile);
    if (!credentials) {
        const std::size_t lines = std::size_t(std::ranges::count(text, '\n')) + 1;
        require(credentials.error().line <= lines, "an error is in a line of the file", text);
        return;
    }
    for (const std::string_view value :
         {std::string_view(credentials->accessKeyId), credentials->secretAccessKey.bytes(),
          credentials->sessionToken.bytes()}) {
        require(
            text.find(value) != text.npos && isPrintable(value) && value.find(' ') == value.npos,
            "a value is a part of the file and fits into a header", value);
    }
    require(!credentials->secretAccessKey.bytes().empty(), "there is a secret", text);
    requireSameInWindows(text, profile, *credentials);
    StorageSigner signer("eu-central-1", std::move(*credentials));
    const std::string header = signer.authorization({"GET", "host", "/a.jpg", 1'767'225'600});
    require(isPrintable(header), "what is signed fits into a header", header);
}

}  // namespace
}  // namespace private_image::fuzzing

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace private_image::fuzzing;
    std::string_view rest = textOf(data, size);
    const std::string_view profile = takeLine(rest);
    requireCredentials(rest, profile);
    return 0;
}
