#include "upload/multipart.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace private_image::upload {
namespace {

using Status = MultipartParser::Status;

struct Part {
    PartHeaders headers;
    std::string content;
    bool hasEnded = false;
    std::size_t pieces = 0;
};

class Parts : public PartReceiver {
public:
    bool beginPart(PartHeaders headers) override {
        parts.push_back({std::move(headers), {}, false, 0});
        return parts.size() != stopsAt;
    }
    bool addContent(std::string_view piece) override {
        EXPECT_FALSE(piece.empty());
        parts.back().content += piece;
        ++parts.back().pieces;
        return true;
    }
    bool endPart() override {
        parts.back().hasEnded = true;
        return true;
    }
    std::vector<Part> parts;
    std::size_t stopsAt = 0;
};

struct Parsed {
    Status status;
    std::string problem;
    std::vector<Part> parts;
};

Parsed parse(std::string_view body, std::size_t pieceSize = 1 << 20) {
    Parts parts;
    MultipartParser parser("b", parts);
    for (std::size_t i = 0; i < body.size(); i += pieceSize) {
        parser.feed(body.substr(i, pieceSize));
    }
    const Status status = parser.finish();
    return {status, std::string(parser.problem()), parts.parts};
}

std::string field(std::string_view name, std::string_view content) {
    return "--b\r\nContent-Disposition: form-data; name=\"" + std::string(name) + "\"\r\n\r\n" +
           std::string(content) + "\r\n";
}

TEST(Multipart, ABodyIsTheSameInPiecesOfEverySize) {
    const std::string binary("\r\n--\r\n-b\r\n--a\0\r\r\n--", 19);
    const std::string body =
        "ignored\r\n--b \t\r\ncontent-type: image/png\r\nContent-Disposition: form-data; "
        "name=\"file\"; filename=\"a.png\"\r\n\r\n" +
        binary + "\r\n" + field("empty", "") + field("text", "true") + "--b--\r\nignored --b";
    for (std::size_t size = 1; size <= body.size(); ++size) {
        const Parsed parsed = parse(body, size);
        ASSERT_EQ(parsed.status, Status::ended) << size << parsed.problem;
        ASSERT_EQ(parsed.parts.size(), 3u) << size;
        EXPECT_EQ(parsed.parts[0].headers.name, "file");
        EXPECT_EQ(parsed.parts[0].headers.filename, "a.png");
        EXPECT_EQ(parsed.parts[0].headers.contentType, "image/png");
        EXPECT_EQ(parsed.parts[0].content, binary) << size;
        EXPECT_EQ(parsed.parts[1].headers.name, "empty");
        EXPECT_EQ(parsed.parts[1].headers.filename, std::nullopt);
        EXPECT_EQ(parsed.parts[1].content, "");
        EXPECT_EQ(parsed.parts[2].content, "true");
        for (const Part& part : parsed.parts) {
            EXPECT_TRUE(part.hasEnded);
        }
    }
}

// A photograph has a CR in every 256 bytes, and each piece costs its receiver some work.
TEST(Multipart, LineBreaksInTheContentDoNotCutItIntoPieces) {
    std::string content;
    for (int i = 0; i < 1000; ++i) {
        content += "\r\r\n\r\n-\r\n--\r\n--a";
    }
    const Parsed parsed = parse(field("file", content) + "--b--\r\n");
    ASSERT_EQ(parsed.status, Status::ended);
    EXPECT_EQ(parsed.parts[0].content, content);
    EXPECT_EQ(parsed.parts[0].pieces, 1u);
}

TEST(Multipart, AFormWithoutFieldsIsItsClosingDelimiter) {
    EXPECT_EQ(parse("--b--\r\n").status, Status::ended);
    EXPECT_EQ(parse("--b--").status, Status::ended);
}

TEST(Multipart, ABodyThatEndsEarlyIsInvalid) {
    const std::string body = field("a", "1") + "--b--";
    for (std::size_t size = 0; size < body.size(); ++size) {
        EXPECT_EQ(parse(body.substr(0, size)).status, Status::invalid) << size;
    }
}

TEST(Multipart, WhatReadersTakeInDifferentWaysIsInvalid) {
    const std::string rest = "\r\n\r\n1\r\n--b--";
    const std::string name = "--b\r\nContent-Disposition: form-data; name=a";
    ASSERT_EQ(parse(name + rest).status, Status::ended);
    for (const std::string& body : {
             "--b\nContent-Disposition: form-data; name=a" + rest,
             std::string("--b\r\nContent-Disposition: form-data; name=a\n\r\n1\r\n--b--"),
             "--b\r\nContent-Disposition: form-data; name=a\rb" + rest,
             name + "\r\n folded" + rest,
             name + "\r\nContent-Disposition: form-data; name=a" + rest,
             name + "\r\nContent-Type: a/b\r\nContent-Type: a/b" + rest,
             name + "; name=b" + rest,
             name + "; filename=b; filename=c" + rest,
             name + "; filename=\"b" + rest,
             name + " filename=b" + rest,
             name + "; =b" + rest,
             name + "\r\nContent-Transfer-Encoding: base64" + rest,
             name + "\r\n: a" + rest,
             name + "\r\nno colon" + rest,
             name + "\r\nName : a" + rest,
             name + "\r\nX: " + std::string(1, '\0') + rest,
             "--b\r\nContent-Disposition: attachment; name=a" + rest,
             "--b\r\nContent-Disposition: form-data; filename=a" + rest,
             "--b\r\nContent-Type: text/plain" + rest,
             "--bc\r\nContent-Disposition: form-data; name=a" + rest,
             "--b-\r\n" + rest,
             "--b \rx" + rest,
             name + "\r\n\r\n1\r\n--bc\r\n--b--",
             name + "\r\n\r\n1\n--b--",
             name + "\r\nX: " + std::string(MultipartParser::maxHeaderBytes, 'x') + rest,
         }) {
        const Parsed parsed = parse(body);
        EXPECT_EQ(parsed.status, Status::invalid) << body.substr(0, 200);
        EXPECT_NE(parsed.problem, "") << body.substr(0, 200);
    }
}

TEST(Multipart, HarmlessEncodingsAndUnknownHeadersAreIgnored) {
    for (const char* header :
         {"Content-Transfer-Encoding: binary", "content-transfer-encoding: 7BIT",
          "Content-Transfer-Encoding: 8bit", "X-Other: 1"}) {
        const auto parsed = parse("--b\r\nContent-Disposition: form-data; name=a; filename*=x\r\n" +
                                  std::string(header) + "\r\n\r\n1\r\n--b--");
        ASSERT_EQ(parsed.status, Status::ended) << header << parsed.problem;
        EXPECT_EQ(parsed.parts.at(0).content, "1");
        EXPECT_EQ(parsed.parts.at(0).headers.filename, std::nullopt);
    }
}

TEST(Multipart, QuotedNamesKeepBackslashesThatEscapeNothing) {
    const auto parsed = parse(
        "--b\r\ncontent-disposition: FORM-DATA; Name=\"a\\\"b\"; FileName=\"C:\\x\\\\y;z.png\""
        "\r\n\r\n\r\n--b--");
    ASSERT_EQ(parsed.status, Status::ended) << parsed.problem;
    EXPECT_EQ(parsed.parts[0].headers.name, "a\"b");
    EXPECT_EQ(parsed.parts[0].headers.filename, "C:\\x\\y;z.png");
}

TEST(Multipart, PartsAreCounted) {
    std::string body;
    for (std::size_t i = 0; i < MultipartParser::maxParts; ++i) {
        body += field("a", "1");
    }
    EXPECT_EQ(parse(body + "--b--").status, Status::ended);
    EXPECT_EQ(parse(body + field("a", "1") + "--b--").status, Status::invalid);
}

TEST(Multipart, AReceiverStopsTheParser) {
    Parts parts;
    parts.stopsAt = 2;
    MultipartParser parser("b", parts);
    const std::string body = field("a", "1") + field("b", "2") + field("c", "3") + "--b--";
    EXPECT_EQ(parser.feed(body), Status::stopped);
    EXPECT_EQ(parser.feed("more"), Status::stopped);
    EXPECT_EQ(parser.finish(), Status::stopped);
    EXPECT_EQ(parts.parts.size(), 2u);
}

TEST(Multipart, ABoundaryIsReadFromTheContentType) {
    const std::string longest(70, 'x');
    const struct {
        std::string type;
        std::optional<std::string> boundary;
    } rows[] = {
        {"multipart/form-data; boundary=b", "b"},
        {"Multipart/Form-Data;charset=utf-8; Boundary=\"a b\"", "a b"},
        {"multipart/form-data; boundary=----formdata-undici-068510636529",
         "----formdata-undici-068510636529"},
        {"multipart/form-data; boundary=" + longest, longest},
        {"multipart/form-data; boundary=" + longest + "x", std::nullopt},
        {"multipart/form-data; boundary=a; boundary=b", std::nullopt},
        {"multipart/form-data; boundary=\"a ", std::nullopt},
        {"multipart/form-data; boundary=\"a \"", std::nullopt},
        {"multipart/form-data; boundary=\"\"", std::nullopt},
        {"multipart/form-data; boundary=", std::nullopt},
        {"multipart/form-data; boundary=\"a\tb\"", std::nullopt},
        {"multipart/form-data; boundary=\"a\\\"b\"", std::nullopt},
        {"multipart/form-data", std::nullopt},
        {"multipart/mixed; boundary=b", std::nullopt},
        {"application/json", std::nullopt},
        {"", std::nullopt},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(boundaryOf(row.type), row.boundary) << row.type;
    }
}

}  // namespace
}  // namespace private_image::upload
