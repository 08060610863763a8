// Splits a multipart/form-data body (RFC 7578; RFC 2046, section 5.1.1) that arrives in pieces.
// Strict where readers differ: a bare LF never ends a line, headers are neither folded nor
// repeated, and a body without its closing delimiter is invalid.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace private_image::upload {

// What the headers of a part say of it.
struct PartHeaders {
    std::string name;                     // of the form's field
    std::optional<std::string> filename;  // as sent: browsers write `"` CR LF as %22 %0D %0A
    std::string contentType;              // a guess of the client; empty: none
};

// Receives the parts of a body. Each function returns false to stop the parser.
class PartReceiver {
public:
    virtual ~PartReceiver() = default;
    virtual bool beginPart(PartHeaders headers) = 0;
    // The next bytes of the part; may be called many times, with pieces of any size but 0.
    virtual bool addContent(std::string_view piece) = 0;
    virtual bool endPart() = 0;
};

// The boundary that a Content-Type of multipart/form-data names, quoted or not: 1 to 70 characters
// of RFC 2046's. Empty for any other type, and where the boundary is missing, repeated or invalid.
std::optional<std::string> boundaryOf(std::string_view contentType);

class MultipartParser {
public:
    static constexpr std::size_t maxParts = 64;
    static constexpr std::size_t maxHeaderBytes = 8192;  // of one part

    enum class Status : std::uint8_t {
        more,     // the body goes on
        ended,    // the closing delimiter was read; what follows it is ignored
        stopped,  // the receiver has returned false
        invalid,  // problem() says why
    };

    // The receiver must outlive the parser.
    MultipartParser(std::string_view boundary, PartReceiver& receiver);

    // Takes the next bytes of the body. After any status but `more`, ignores what it is given and
    // returns the same status.
    Status feed(std::string_view piece);

    // To be called after the last byte: `invalid` where the closing delimiter has not come.
    Status finish();

    // Why the body is invalid, for the client: a clause without a full stop.
    std::string_view problem() const { return problem_; }

private:
    enum class Place : std::uint8_t {
        preamble,       // before the first delimiter
        content,        // of a part
        delimiterTail,  // after the boundary: "--", or blanks and CRLF
        closingDash,    // after the first "-" of "--"
        delimiterLf,    // after the CR that ends a delimiter's line
        headers,        // of a part, in whole lines
    };

    void feedContent(std::string_view& piece);
    // Where a delimiter begins, of which the piece may have only the first characters; the size of
    // the piece: nowhere.
    std::size_t findDelimiter(std::string_view piece) const;
    void matchDelimiter(std::string_view& piece);
    void endContent();
    void feedDelimiterTail(char c);
    void feedHeaders(char c);
    void endHeaderLine();
    void endHeaders();
    void readHeader(std::string_view line);
    void readDisposition(std::string_view value);
    void emit(std::string_view bytes);
    void fail(std::string_view problem);
    void stopUnless(bool goesOn);

    const std::string delimiter_;  // CRLF "--" boundary
    PartReceiver& receiver_;
    Status status_ = Status::more;
    Place place_ = Place::preamble;
    std::size_t matched_ = 2;  // characters of the delimiter; the first one needs no CRLF
    std::size_t parts_ = 0;
    std::size_t headerBytes_ = 0;
    std::string line_;
    PartHeaders headers_;
    bool hasDisposition_ = false, hasType_ = false, hasEncoding_ = false;
    std::string_view problem_;
};

}  // namespace private_image::upload
