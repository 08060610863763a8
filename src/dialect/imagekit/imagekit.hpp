// ImageKit: <prefix>[ik-seo/][tr:<chain>/]<path>[/ik-thumbnail.jpg][?tr=<chain>], and its signed
// URLs (HMAC-SHA-1 in `ik-t` and `ik-s`).
#pragma once

#include <string_view>

#include "access/signature.hpp"
#include "dialect/parsed_request.hpp"
#include "dialect/unsigned_url.hpp"

namespace private_image::imagekit {

// `rawTarget`: the request target as sent. A target that does not begin with `prefix` literally,
// duplicate or malformed `ik-t` and `ik-s`: malformed (where it carries a signature at all).
SignatureClaim readSignature(std::string_view rawTarget, std::string_view prefix);

ParseResult parseRequest(const UrlParts& url, const Variants& variants);

// A chain after `tr:` in a variant's OPTIONS; it may itself use the named `variants`.
Result<Transform, ParseError> parseChain(std::string_view chain, const Variants& variants);

// Signs as ImageKit's own clients do: the query stays as it is, `ik-t` and `ik-s` are appended.
// `expires` in unix seconds, 0: never. The error is a sentence for whoever wants it signed.
Result<std::string, std::string> signTarget(const UnsignedUrl& url, std::string_view prefix,
                                            const SigningKey& key, std::int64_t expires);

// The request target without its signature parameters, for logs.
std::string redactedTarget(std::string_view rawTarget);

}  // namespace private_image::imagekit
