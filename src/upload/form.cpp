#include "upload/form.hpp"

#include <algorithm>
#include <utility>

#include "base/ascii.hpp"
#include "base/encoding.hpp"

namespace private_image::upload {

namespace {

constexpr std::string_view fileField = "file";
constexpr std::size_t decodedAtOnce = 16 << 10;  // characters, a multiple of 4

// Long enough for the type of a data URI with its parameters.
constexpr std::size_t maxPrefixBytes = 256;

bool startsIgnoringCase(std::string_view text, std::string_view prefix) {
    return equalsIgnoringCase(text.substr(0, prefix.size()), prefix);
}

bool isRemote(std::string_view text) {
    return startsIgnoringCase(text, "http://") || startsIgnoringCase(text, "https://");
}

bool isDataUri(std::string_view text) {
    return startsIgnoringCase(text, "data:");
}

}  // namespace

Base64Pieces::Status Base64Pieces::feed(std::string_view text) {
    for (const char c : text) {
        if (c == '\r' || c == '\n') {
            continue;
        }
        if (hasEnded_) {
            return Status::invalid;
        }
        text_ += c;
        if (text_.size() == decodedAtOnce) {
            if (const Status status = decode(decodedAtOnce); status != Status::more) {
                return status;
            }
        }
    }
    return Status::more;
}

Base64Pieces::Status Base64Pieces::finish() {
    return text_.empty() ? Status::more : decode(text_.size());
}

Base64Pieces::Status Base64Pieces::decode(std::size_t count) {
    hasEnded_ = text_.ends_with('=');
    const std::optional<std::string> bytes = base64Decode(std::string_view(text_).substr(0, count));
    text_.clear();
    if (!bytes) {
        return Status::invalid;
    }
    return bytes->empty() || writer_.write(*bytes) ? Status::more : Status::stopped;
}

bool FormReader::beginPart(PartHeaders headers) {
    if (headers.name != fileField) {
        part_ = headers.filename ? Part::otherFile : Part::field;
        textBytes_ += headers.name.size();
        fields_.push_back({std::move(headers.name), {}});
        return textBytes_ <= maxTextBytes || fail(FormProblem::fieldsTooLong, {});
    }
    if (std::exchange(hasFile_, true)) {
        return fail(FormProblem::repeatedFile, fileField);
    }
    part_ = headers.filename ? Part::fileBytes : Part::fileText;
    filename_ = std::move(headers.filename);
    return true;
}

bool FormReader::addContent(std::string_view piece) {
    if (part_ == Part::fileBytes) {
        return writer_.write(piece) || fail(FormProblem::stopped, fileField);
    }
    if (part_ == Part::fileText) {
        return addFileText(piece);
    }
    Field& field = fields_.back();
    if (field.value.size() + piece.size() > maxFieldBytes) {
        return fail(
            part_ == Part::otherFile ? FormProblem::misnamedFile : FormProblem::fieldTooLong,
            field.name);
    }
    textBytes_ += piece.size();
    if (textBytes_ > maxTextBytes) {
        return fail(FormProblem::fieldsTooLong, {});
    }
    field.value += piece;
    return true;
}

bool FormReader::endPart() {
    if (part_ != Part::fileText) {
        return true;
    }
    if (!isPrefixRead_ && !beginFileText()) {
        return false;
    }
    return mayGoOn(base64_.finish());
}

bool FormReader::addFileText(std::string_view piece) {
    if (isPrefixRead_) {
        return feedBase64(piece);
    }
    const std::size_t count = std::min(piece.size(), maxPrefixBytes - prefix_.size());
    prefix_ += piece.substr(0, count);
    if (prefix_.size() < maxPrefixBytes) {
        return true;
    }
    return beginFileText() && feedBase64(piece.substr(count));
}

// Determines by the first bytes what the text is.
bool FormReader::beginFileText() {
    isPrefixRead_ = true;
    std::string_view text = prefix_;
    if (isRemote(text)) {
        return fail(FormProblem::remoteFile, fileField);
    }
    if (isDataUri(text)) {
        const std::size_t comma = text.find(',');
        if (comma == text.npos || !text.substr(0, comma).ends_with(";base64")) {
            return fail(FormProblem::invalidFile, fileField);
        }
        text.remove_prefix(comma + 1);
    }
    return feedBase64(text);
}

bool FormReader::feedBase64(std::string_view text) {
    return mayGoOn(base64_.feed(text));
}

bool FormReader::mayGoOn(Base64Pieces::Status status) {
    switch (status) {
        case Base64Pieces::Status::more:
            return true;
        case Base64Pieces::Status::invalid:
            return fail(FormProblem::invalidFile, fileField);
        case Base64Pieces::Status::stopped:
            return fail(FormProblem::stopped, fileField);
    }
    return false;
}

bool FormReader::fail(FormProblem problem, std::string_view field) {
    problem_ = problem;
    problemField_ = field;
    return false;
}

}  // namespace private_image::upload
