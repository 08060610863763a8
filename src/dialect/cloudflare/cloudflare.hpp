// Cloudflare Images: <prefix><id>/<variant or options>, and its signed URL tokens (HMAC-SHA-256
// in `exp` and `sig`); and where the prefix ends in /cdn-cgi/image/, <prefix><options>/<source>.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/signature.hpp"
#include "dialect/error_header.hpp"
#include "dialect/parsed_request.hpp"
#include "dialect/unsigned_url.hpp"
#include "dialect/url_part.hpp"

namespace private_image::cloudflare {

inline constexpr std::string_view signatureParameter = "sig";
inline constexpr std::string_view expiryParameter = "exp";

// `rawTarget`: the request target as sent. A target that does not begin with `prefix` literally,
// duplicate or malformed `exp` and `sig`: malformed (where it carries a signature at all).
SignatureClaim readSignature(std::string_view rawTarget, std::string_view prefix);

// True where the prefix ends in /cdn-cgi/image/.
bool putsOptionsFirst(std::string_view prefix);

// Without "cdn-cgi/image/" at its end.
std::string_view plainPrefix(std::string_view prefix);

// Where a URL is divided. A slash that was escaped within an option's value belongs to the option,
// if UrlParts::sentPath tells of it.
struct DividedUrl {
    std::string_view image;  // the id, or the source; of UrlParts::uri
    std::string options;     // or a variant's name; decoded
};

// Empty without a slash between two parts.
std::optional<DividedUrl> divide(const UrlParts& url);

ParseResult parseRequest(const UrlParts& url, const Variants& variants);

// A variant's OPTIONS: comma-separated options, plus `watermark=NAME`. The error's detail says
// what to write instead.
Result<Transform, ParseError> parseOptions(std::string_view options, const Watermarks& watermarks);

// Signs as Cloudflare's published Worker does: the query is written anew as a form, then `exp` and
// `sig` are appended. `expires` in unix seconds, 0: never. The error is a sentence for whoever
// wants it signed.
Result<std::string, std::string> signTarget(const UnsignedUrl& url, std::string_view prefix,
                                            const SigningKey& key, std::int64_t expires);

// The request target without its signature parameters, for logs.
std::string redactedTarget(std::string_view rawTarget);

// See dialect/dialect.hpp for these.
std::vector<UrlPart> explainPath(const UrlParts& url, const ParsedRequest& parsed);
UrlPart explainParameter(std::string_view parameter, const ParsedRequest& parsed);
int statusOf(Reason reason);
std::optional<ErrorHeader> errorHeaderOf(Reason reason);

}  // namespace private_image::cloudflare
