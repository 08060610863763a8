// Bodies of uploads, whole, in pieces and cut off anywhere.
#include "fuzzing.hpp"
#include "upload/form.hpp"

namespace {

using namespace private_image::fuzzing;
using namespace private_image::upload;

struct Bytes : FileWriter {
    bool write(std::string_view piece) override {
        require(!piece.empty(), "a writer gets bytes");
        bytes += piece;
        return true;
    }
    std::string bytes;
};

struct Read {
    MultipartParser::Status status;
    FormProblem problem;
    std::string text;  // of all fields and the file
};

Read read(std::string_view body, std::size_t pieceSize) {
    Bytes file;
    FormReader form(file);
    MultipartParser parser("b", form);
    for (std::size_t i = 0; i < body.size(); i += pieceSize) {
        parser.feed(body.substr(i, pieceSize));
    }
    const auto status = parser.finish();
    require((status == MultipartParser::Status::invalid) == !parser.problem().empty(),
            "an invalid body has a problem", parser.problem());
    require((status == MultipartParser::Status::stopped) == (form.problem() != FormProblem::none),
            "a form that is refused stops the parser");
    std::string text = file.bytes;
    for (const Field& field : form.fields()) {
        require(field.value.size() <= FormReader::maxFieldBytes, "fields are bounded");
        text.append("\0", 1).append(field.name).append("=").append(field.value);
    }
    return {status, form.problem(), status == MultipartParser::Status::ended ? text : ""};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view body = textOf(data, size);
    const Read whole = read(body, size + 1);
    for (const std::size_t pieceSize : {1, 2, 3, 7, 64}) {
        const Read pieces = read(body, pieceSize);
        require(pieces.status == whole.status && pieces.problem == whole.problem &&
                    pieces.text == whole.text,
                "pieces of any size are read alike", whole.text);
    }
    boundaryOf(body);
    return 0;
}
