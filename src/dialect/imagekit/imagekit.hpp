// ImageKit: <prefix>[ik-seo/][tr:<chain>/]<path>[/ik-thumbnail.jpg][?tr=<chain>], and its signed
// URLs (HMAC-SHA-1 in `ik-t` and `ik-s`).
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

namespace private_image::imagekit {

inline constexpr std::string_view chainPrefix = "tr:";
inline constexpr std::string_view signatureParameter = "ik-s";
inline constexpr std::string_view expiryParameter = "ik-t";

// See dialect/dialect.hpp.
SignatureClaim readSignature(std::string_view rawTarget, std::string_view prefix);

ParseResult parseRequest(const UrlParts& url, const Variants& variants);

// Parses a variant's chain, without "tr:"; it may use the named `variants`.
Result<Transform, ParseError> parseChain(std::string_view chain, const Variants& variants);

// Signs as ImageKit's own clients do: the query is unchanged, `ik-t` and `ik-s` are appended. See
// dialect/dialect.hpp.
Result<std::string, std::string> signTarget(const UnsignedUrl& url, std::string_view prefix,
                                            const SigningKey& key, std::int64_t expires);

// The request target without its signature parameters, for logs.
std::string redactedTarget(std::string_view rawTarget);

// See dialect/dialect.hpp for these.
bool putsOptionsFirst(std::string_view prefix);
std::string_view plainPrefix(std::string_view prefix);
std::vector<UrlPart> explainPath(const UrlParts& url, const ParsedRequest& parsed);
UrlPart explainParameter(std::string_view parameter, const ParsedRequest& parsed);
int statusOf(Reason reason);
std::optional<ErrorHeader> errorHeaderOf(Reason reason);

}  // namespace private_image::imagekit
