#include <gtest/gtest.h>

#include <numeric>

#include "upload/form.hpp"

namespace private_image::upload {
namespace {

class Bytes : public FileWriter {
public:
    explicit Bytes(std::size_t limit = SIZE_MAX) : limit_(limit) {}
    bool write(std::string_view piece) override {
        bytes += piece;
        return bytes.size() <= limit_;
    }
    std::string bytes;

private:
    std::size_t limit_;
};

struct Read {
    FormProblem problem;
    std::string problemField;
    std::vector<Field> fields;
    std::string file;
    bool hasFile;
};

struct Part {
    std::string name;
    std::string content;
    std::optional<std::string> filename;
};

Read read(const std::vector<Part>& parts, std::size_t pieceSize = 1 << 20,
          std::size_t limit = SIZE_MAX) {
    Bytes writer(limit);
    FormReader form(writer);
    const auto goesOn = [&](const Part& part) {
        if (!form.beginPart({part.name, part.filename, ""})) {
            return false;
        }
        for (std::size_t i = 0; i < part.content.size(); i += pieceSize) {
            if (!form.addContent(std::string_view(part.content).substr(i, pieceSize))) {
                return false;
            }
        }
        return form.endPart();
    };
    for (const Part& part : parts) {
        if (!goesOn(part)) {
            break;
        }
    }
    return {form.problem(), std::string(form.problemField()), form.fields(), writer.bytes,
            form.hasFile()};
}

std::string base64Of(std::string_view bytes) {
    static constexpr char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::size_t left = std::min<std::size_t>(3, bytes.size() - i);
        unsigned value = 0;
        for (std::size_t k = 0; k < 3; ++k) {
            value = value << 8 | (k < left ? static_cast<unsigned char>(bytes[i + k]) : 0u);
        }
        for (std::size_t k = 0; k < 4; ++k) {
            text += k <= left ? digits[value >> (18 - 6 * k) & 63] : '=';
        }
    }
    return text;
}

std::string someBytes(std::size_t count) {
    std::string bytes(count, '\0');
    std::iota(bytes.begin(), bytes.end(), '\0');
    return bytes;
}

TEST(UploadForm, AFileWithAFilenameIsBytesAndFieldsAreKept) {
    const auto form = read({{"file", "http://x", "a.png"}, {"a", "1", {}}, {"a", "", {}}}, 3);
    EXPECT_EQ(form.problem, FormProblem::none);
    EXPECT_EQ(form.file, "http://x");
    ASSERT_EQ(form.fields.size(), 2u);
    EXPECT_EQ(form.fields[0].value, "1");
    EXPECT_EQ(form.fields[1].value, "");
}

TEST(UploadForm, AFileAsTextIsBase64OrADataUri) {
    for (const std::size_t count : {0, 1, 2, 3, 100, 192, 12288, 12289, 40000}) {
        const std::string bytes = someBytes(count), text = base64Of(bytes);
        for (const std::size_t piece : {1, 7, 4096, 1 << 20}) {
            const auto plain = read({{"file", text, {}}}, piece);
            EXPECT_EQ(plain.problem, FormProblem::none) << count << " " << piece;
            EXPECT_EQ(plain.file, bytes) << count << " " << piece;
            const auto uri = read({{"file", "data:image/png;base64," + text, {}}}, piece);
            EXPECT_EQ(uri.problem, FormProblem::none) << count << " " << piece;
            EXPECT_EQ(uri.file, bytes) << count << " " << piece;
        }
    }
}

TEST(UploadForm, LinesOfBase64AreJoined) {
    EXPECT_EQ(read({{"file", "YWJj\r\nZGVm\n", {}}}).file, "abcdef");
    EXPECT_EQ(read({{"file", "YWJjZA==\n", {}}}).file, "abcd");
}

TEST(UploadForm, OtherTextIsNoFile) {
    for (const char* text : {"a", "YWJj ZGVm", "YWJj=ZGVm", "YQ==YQ==", "data:image/png,abc",
                             "data:image/png;base64", "data:;base64,?", "ftp://a"}) {
        EXPECT_EQ(read({{"file", text, {}}}).problem, FormProblem::invalidFile) << text;
    }
    const std::string early = std::string((16 << 10) - 1, 'A') + "=";
    EXPECT_EQ(read({{"file", early + "AAAA", {}}}).problem, FormProblem::invalidFile);
    const std::string type(300, 'x');
    EXPECT_EQ(read({{"file", "data:" + type + ";base64,YWJj", {}}}).problem,
              FormProblem::invalidFile);
}

TEST(UploadForm, ARemoteFileIsNotFetched) {
    for (const char* text : {"http://a", "https://a/b.png", "HTTPS://A"}) {
        const auto form = read({{"file", text, {}}});
        EXPECT_EQ(form.problem, FormProblem::remoteFile) << text;
        EXPECT_EQ(form.problemField, "file");
        EXPECT_EQ(form.file, "");
    }
}

TEST(UploadForm, TextIsBounded) {
    const std::string longest(FormReader::maxFieldBytes, 'x');
    EXPECT_EQ(read({{"a", longest, {}}}, 100).problem, FormProblem::none);
    const auto tooLong = read({{"a", longest + "x", {}}}, 100);
    EXPECT_EQ(tooLong.problem, FormProblem::fieldTooLong);
    EXPECT_EQ(tooLong.problemField, "a");
    std::vector<Part> many(FormReader::maxTextBytes / FormReader::maxFieldBytes, {"", longest, {}});
    EXPECT_EQ(read(many).problem, FormProblem::none);
    many.push_back({"", "x", {}});
    EXPECT_EQ(read(many).problem, FormProblem::fieldsTooLong);
    many.back() = {"x", "", {}};
    EXPECT_EQ(read(many).problem, FormProblem::fieldsTooLong);
}

TEST(UploadForm, ASecondFileIsRefused) {
    EXPECT_EQ(read({{"file", "a", "a"}, {"file", "b", "b"}}).problem, FormProblem::repeatedFile);
    EXPECT_EQ(read({{"file", "YWJj", {}}, {"file", "b", "b"}}).file, "abc");
}

TEST(UploadForm, AWriterEndsTheUpload) {
    for (const Part& file : {Part{"file", "abcdef", "a"}, Part{"file", "YWJjZGVm", {}}}) {
        const auto form = read({file}, 1 << 20, 3);
        EXPECT_EQ(form.problem, FormProblem::stopped);
        EXPECT_TRUE(form.hasFile);
    }
}

}  // namespace
}  // namespace private_image::upload
