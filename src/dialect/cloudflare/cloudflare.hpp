// Cloudflare Images: <prefix><id>/<variant or options>, and its signed URL tokens (HMAC-SHA-256 in
// `exp` and `sig`). With a prefix that ends in /cdn-cgi/image/: <prefix><options>/<source>.
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

// See dialect/dialect.hpp.
SignatureClaim readSignature(std::string_view rawTarget, std::string_view prefix);

// True if the prefix ends in /cdn-cgi/image/.
bool putsOptionsFirst(std::string_view prefix);

// Without "cdn-cgi/image/" at its end.
std::string_view plainPrefix(std::string_view prefix);

// The two parts of a URL. A slash that was escaped within an option's value belongs to the options,
// if UrlParts::sentPath is known.
struct DividedUrl {
    std::string_view image;  // the id, or the source; of UrlParts::uri
    std::string options;     // decoded; or a variant's name
};

// Empty if no slash divides the URL.
std::optional<DividedUrl> divide(const UrlParts& url);

ParseResult parseRequest(const UrlParts& url, const Variants& variants);

// Parses a variant's OPTIONS: comma-separated options, also `watermark=NAME`. The error's detail
// contains advice.
Result<Transform, ParseError> parseOptions(std::string_view options, const Watermarks& watermarks);

// Signs as Cloudflare's published Worker does: the query is rewritten as a form, then `exp` and
// `sig` are appended. See dialect/dialect.hpp.
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
