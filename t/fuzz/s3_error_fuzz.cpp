// Bodies of S3's errors, complete and truncated at any byte.
#include "fuzzing.hpp"
#include "s3/error_code.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace private_image;
    using namespace private_image::fuzzing;
    const std::string_view body = textOf(data, size);
    const std::string code = storageErrorCode(body);
    require(code.size() <= 64 && body.find(code) != body.npos, "a code is a part of the body",
            code);
    require(std::ranges::all_of(code, [](unsigned char c) { return std::isalnum(c) != 0; }),
            "a code is a word", code);
    for (std::size_t length = 0; length < size; ++length) {
        const std::string early = storageErrorCode(body.substr(0, length));
        require(early.empty() || early == code, "what is cut off is no other code", early);
    }
    return 0;
}
