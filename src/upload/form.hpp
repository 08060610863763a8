// Reads an upload's form: text fields are kept, the file's bytes go to a writer as they arrive.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "upload/multipart.hpp"

namespace private_image::upload {

struct Field {
    std::string name;
    std::string value;
};

// Takes the bytes of the uploaded file.
class FileWriter {
public:
    virtual ~FileWriter() = default;
    // Returns false to end the upload: the writer knows why.
    virtual bool write(std::string_view bytes) = 0;
};

// Decodes base64 that arrives in pieces, standard or URL-safe, padding optional. Line breaks
// between the characters are skipped.
class Base64Pieces {
public:
    explicit Base64Pieces(FileWriter& writer) : writer_(writer) {}

    enum class Status : std::uint8_t { more, invalid, stopped };
    Status feed(std::string_view text);
    Status finish();

private:
    Status decode(std::size_t count);

    FileWriter& writer_;
    std::string text_;  // not decoded yet
    bool hasEnded_ = false;
};

enum class FormProblem : std::uint8_t {
    none,
    fieldTooLong,   // more than maxFieldBytes
    fieldsTooLong,  // more than maxTextBytes altogether
    repeatedFile,
    misnamedFile,  // a file in another field
    remoteFile,    // a URL in place of the file
    invalidFile,   // text that is neither base64 nor a data URI of base64
    stopped,       // the writer has ended the upload
};

// The parts of one upload. The part `file` is the file: bytes where it has a filename, else text:
// base64, or a data URI (RFC 2397) of base64.
class FormReader : public PartReceiver {
public:
    static constexpr std::size_t maxFieldBytes = 16 << 10;
    static constexpr std::size_t maxTextBytes = 256 << 10;

    // The writer must outlive the reader.
    explicit FormReader(FileWriter& writer) : writer_(writer), base64_(writer) {}

    bool beginPart(PartHeaders headers) override;
    bool addContent(std::string_view piece) override;
    bool endPart() override;

    // All but the file, in the order of the form; names may repeat.
    const std::vector<Field>& fields() const { return fields_; }
    bool hasFile() const { return hasFile_; }
    const std::optional<std::string>& filename() const { return filename_; }

    FormProblem problem() const { return problem_; }
    // The name of the field that the problem is about; empty: it is about none.
    std::string_view problemField() const { return problemField_; }

private:
    enum class Part : std::uint8_t { field, otherFile, fileBytes, fileText };

    bool addFileText(std::string_view piece);
    bool beginFileText();
    bool feedBase64(std::string_view text);
    bool mayGoOn(Base64Pieces::Status status);
    bool fail(FormProblem problem, std::string_view field);

    FileWriter& writer_;
    Base64Pieces base64_;
    Part part_ = Part::field;
    std::vector<Field> fields_;
    std::size_t textBytes_ = 0;
    bool hasFile_ = false;
    std::optional<std::string> filename_;
    std::string prefix_;  // of a file sent as text, until its form is known
    bool isPrefixRead_ = false;
    FormProblem problem_ = FormProblem::none;
    std::string problemField_;
};

}  // namespace private_image::upload
