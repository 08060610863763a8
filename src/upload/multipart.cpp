#include "upload/multipart.hpp"

#include <algorithm>
#include <utility>

#include "base/ascii.hpp"

namespace private_image::upload {

namespace {

constexpr std::size_t maxBoundaryLength = 70;

bool isBoundaryCharacter(char c) {
    return isLetterOrDigit(c) ||
           std::string_view("'()+_,-./:=? ").find(c) != std::string_view::npos;
}

bool isTokenCharacter(char c) {
    return isLetterOrDigit(c) ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

// The parameters of a header's value: `; name=value`, where value is a token or a quoted string.
class Parameters {
public:
    explicit Parameters(std::string_view text) : rest_(text) {}

    struct Parameter {
        std::string_view name;
        std::string value;
    };

    // The next parameter; empty at the end, and where something else follows: then isInvalid().
    std::optional<Parameter> next() {
        skipBlanks();
        if (rest_.empty()) {
            return std::nullopt;
        }
        isInvalid_ = true;
        if (!skip(';')) {
            return std::nullopt;
        }
        skipBlanks();
        Parameter parameter{takeToken(), {}};
        if (parameter.name.empty() || !skip('=')) {
            return std::nullopt;
        }
        std::optional<std::string> value =
            rest_.starts_with('"') ? takeQuoted() : std::string(takeToken());
        if (!value) {
            return std::nullopt;
        }
        isInvalid_ = false;
        parameter.value = std::move(*value);
        return parameter;
    }

    bool isInvalid() const { return isInvalid_; }

private:
    void skipBlanks() {
        rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size()));
    }

    bool skip(char c) {
        const bool starts = rest_.starts_with(c);
        rest_.remove_prefix(starts ? 1 : 0);
        return starts;
    }

    std::string_view takeToken() {
        const auto end = std::ranges::find_if_not(rest_, isTokenCharacter);
        const std::string_view token =
            rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
        rest_.remove_prefix(token.size());
        return token;
    }

    // A backslash escapes only a quote or a backslash: old clients send paths with backslashes.
    std::optional<std::string> takeQuoted() {
        std::string value;
        for (std::size_t i = 1; i < rest_.size(); ++i) {
            if (rest_[i] == '"') {
                rest_.remove_prefix(i + 1);
                return value;
            }
            const bool escapes = rest_[i] == '\\' && i + 1 < rest_.size() &&
                                 (rest_[i + 1] == '"' || rest_[i + 1] == '\\');
            i += escapes ? 1 : 0;
            value += rest_[i];
        }
        return std::nullopt;
    }

    std::string_view rest_;
    bool isInvalid_ = false;
};

// Splits "type; parameters" at its first semicolon.
std::pair<std::string_view, std::string_view> splitParameters(std::string_view value) {
    const std::size_t end = std::min(value.find(';'), value.size());
    return {trimmed(value.substr(0, end)), value.substr(end)};
}

bool isPlainEncoding(std::string_view encoding) {
    return equalsIgnoringCase(encoding, "7bit") || equalsIgnoringCase(encoding, "8bit") ||
           equalsIgnoringCase(encoding, "binary");
}

}  // namespace

std::optional<std::string> boundaryOf(std::string_view contentType) {
    const auto [type, rest] = splitParameters(contentType);
    if (!equalsIgnoringCase(type, "multipart/form-data")) {
        return std::nullopt;
    }
    std::optional<std::string> boundary;
    Parameters parameters(rest);
    while (auto parameter = parameters.next()) {
        if (!equalsIgnoringCase(parameter->name, "boundary")) {
            continue;
        }
        if (boundary) {
            return std::nullopt;
        }
        boundary = std::move(parameter->value);
    }
    const bool isValid = boundary && !parameters.isInvalid() && !boundary->empty() &&
                         boundary->size() <= maxBoundaryLength && !boundary->ends_with(' ') &&
                         std::ranges::all_of(*boundary, isBoundaryCharacter);
    return isValid ? boundary : std::nullopt;
}

MultipartParser::MultipartParser(std::string_view boundary, PartReceiver& receiver)
    : delimiter_("\r\n--" + std::string(boundary)), receiver_(receiver) {}

MultipartParser::Status MultipartParser::feed(std::string_view piece) {
    while (!piece.empty() && status_ == Status::more) {
        if (place_ == Place::preamble || place_ == Place::content) {
            feedContent(piece);
            continue;
        }
        const char c = piece.front();
        piece.remove_prefix(1);
        place_ == Place::headers ? feedHeaders(c) : feedDelimiterTail(c);
    }
    return status_;
}

MultipartParser::Status MultipartParser::finish() {
    if (status_ == Status::more) {
        fail("the body ends before its closing delimiter");
    }
    return status_;
}

// The delimiter begins with CR and has no other: what does not match it begins anew at a CR.
void MultipartParser::feedContent(std::string_view& piece) {
    if (matched_ > 0) {
        matchDelimiter(piece);
        return;
    }
    const std::size_t end = findDelimiter(piece);
    const std::string_view bytes = piece.substr(0, end);
    piece.remove_prefix(end);
    matched_ = piece.empty() ? 0 : 1;
    piece.remove_prefix(matched_);
    emit(bytes);
}

// A compressed image has a CR in every 256 bytes: the bytes from one to the next are no piece of
// their own, since each piece costs its receiver some work.
std::size_t MultipartParser::findDelimiter(std::string_view piece) const {
    const std::string_view delimiter = delimiter_;
    std::size_t begin = piece.find('\r');
    while (begin != piece.npos && !delimiter.starts_with(piece.substr(begin, delimiter.size()))) {
        begin = piece.find('\r', begin + 1);
    }
    return std::min(begin, piece.size());
}

void MultipartParser::matchDelimiter(std::string_view& piece) {
    while (!piece.empty() && piece.front() == delimiter_[matched_]) {
        piece.remove_prefix(1);
        if (++matched_ == delimiter_.size()) {
            matched_ = 0;
            endContent();
            return;
        }
    }
    if (!piece.empty()) {
        emit(std::string_view(delimiter_).substr(0, std::exchange(matched_, 0)));
    }
}

void MultipartParser::endContent() {
    const bool endsPart = place_ == Place::content;
    place_ = Place::delimiterTail;
    if (endsPart) {
        stopUnless(receiver_.endPart());
    }
}

void MultipartParser::feedDelimiterTail(char c) {
    if (place_ == Place::delimiterTail && (c == ' ' || c == '\t')) {
        return;
    }
    if (place_ == Place::delimiterTail && c == '\r') {
        place_ = Place::delimiterLf;
    } else if (place_ == Place::delimiterTail && c == '-') {
        place_ = Place::closingDash;
    } else if (place_ == Place::closingDash && c == '-') {
        status_ = Status::ended;
    } else if (place_ == Place::delimiterLf && c == '\n') {
        place_ = Place::headers;
        line_.clear();
        headers_ = {};
        headerBytes_ = 0;
        hasDisposition_ = hasType_ = hasEncoding_ = false;
    } else {
        fail("a delimiter is followed by other text");
    }
}

void MultipartParser::feedHeaders(char c) {
    if (++headerBytes_ > maxHeaderBytes) {
        fail("the headers of a part are too long");
        return;
    }
    line_ += c;
    if (line_.ends_with("\r\n")) {
        line_.resize(line_.size() - 2);
        endHeaderLine();
        line_.clear();
    } else if (c == '\n' || (line_.size() > 1 && line_[line_.size() - 2] == '\r')) {
        fail("a header of a part has a line break of its own");
    }
}

void MultipartParser::endHeaderLine() {
    if (line_.empty()) {
        endHeaders();
    } else {
        readHeader(line_);
    }
}

void MultipartParser::endHeaders() {
    if (!hasDisposition_) {
        fail("a part has no Content-Disposition");
        return;
    }
    if (++parts_ > maxParts) {
        fail("there are too many parts");
        return;
    }
    place_ = Place::content;
    // An empty part has no bytes before the delimiter: the CRLF that ended its headers is not the
    // delimiter's own.
    matched_ = 0;
    stopUnless(receiver_.beginPart(std::move(headers_)));
}

void MultipartParser::readHeader(std::string_view line) {
    const std::size_t colon = line.find(':');
    const std::string_view name = line.substr(0, std::min(colon, line.size()));
    if (colon == line.npos || name.empty() || !std::ranges::all_of(name, isTokenCharacter)) {
        fail("a header of a part is invalid");
        return;
    }
    if (line.find('\0') != line.npos) {
        fail("a header of a part is invalid");
        return;
    }
    const std::string_view value = trimmed(line.substr(colon + 1));
    const auto isFirst = [&](bool& seen) {
        if (std::exchange(seen, true)) {
            fail("a header of a part is repeated");
            return false;
        }
        return true;
    };
    if (equalsIgnoringCase(name, "Content-Disposition") && isFirst(hasDisposition_)) {
        readDisposition(value);
    } else if (equalsIgnoringCase(name, "Content-Type") && isFirst(hasType_)) {
        headers_.contentType = value;
    } else if (equalsIgnoringCase(name, "Content-Transfer-Encoding") && isFirst(hasEncoding_) &&
               !isPlainEncoding(value)) {
        fail("a part has a Content-Transfer-Encoding");
    }
}

void MultipartParser::readDisposition(std::string_view value) {
    const auto [type, rest] = splitParameters(value);
    bool hasName = false, isRepeated = false;
    Parameters parameters(rest);
    while (auto parameter = parameters.next()) {
        if (equalsIgnoringCase(parameter->name, "name")) {
            isRepeated = isRepeated || std::exchange(hasName, true);
            headers_.name = std::move(parameter->value);
        } else if (equalsIgnoringCase(parameter->name, "filename")) {
            isRepeated = isRepeated || headers_.filename.has_value();
            headers_.filename = std::move(parameter->value);
        }
    }
    if (!equalsIgnoringCase(type, "form-data") || parameters.isInvalid() || isRepeated ||
        !hasName) {
        fail("a Content-Disposition is invalid");
    }
}

void MultipartParser::emit(std::string_view bytes) {
    if (place_ == Place::content && !bytes.empty()) {
        stopUnless(receiver_.addContent(bytes));
    }
}

void MultipartParser::fail(std::string_view problem) {
    status_ = Status::invalid;
    problem_ = problem;
}

void MultipartParser::stopUnless(bool goesOn) {
    if (!goesOn) {
        status_ = Status::stopped;
    }
}

}  // namespace private_image::upload
