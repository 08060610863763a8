// The dialects: the URL grammar, signing scheme, status codes and error headers of a service. To
// add a dialect, write a folder of its own, add its name here and its row in dialect.cpp.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/key_ring.hpp"
#include "access/reason.hpp"
#include "access/signature.hpp"
#include "base/result.hpp"
#include "dialect/error_header.hpp"
#include "dialect/parsed_request.hpp"
#include "dialect/unsigned_url.hpp"
#include "dialect/url_part.hpp"
#include "transform/client_hints.hpp"

namespace private_image {

enum class Dialect : std::uint8_t { cloudflare, imagekit };

inline constexpr std::array allDialects{Dialect::cloudflare, Dialect::imagekit};
inline constexpr std::size_t dialectCount = allDialects.size();

// The names in directives, the tool and metrics, in the order of the enumeration.
inline constexpr std::array<const char*, dialectCount> dialectNames{"cloudflare", "imagekit"};
inline constexpr const char* dialectChoice = "cloudflare or imagekit";  // for messages

constexpr const char* dialectName(Dialect dialect) {
    return dialectNames[static_cast<std::size_t>(dialect)];
}

std::optional<Dialect> dialectFromName(std::string_view name);

// ---- signatures ----

// The digest of the dialect's HMAC: a KeyRing for it is made with this one.
KeyRing::Digest digestOf(Dialect dialect);

// Reads the signature of a request target as it was sent. Malformed if the target contains a
// signature but does not begin with `prefix` literally, or has a duplicate or malformed parameter
// of the signature.
SignatureClaim readSignature(Dialect dialect, std::string_view rawTarget, std::string_view prefix);

// Signs a URL. Returns its path and query with the parameters of the signature. `expires` in unix
// seconds, 0: never. The error is a sentence for the person who wants the URL signed.
Result<std::string, std::string> signTarget(Dialect dialect, const UnsignedUrl& url,
                                            std::string_view prefix, const SigningKey& key,
                                            std::int64_t expires);

// The request target without its signature, for logs.
std::string redactedTarget(Dialect dialect, std::string_view rawTarget);

// ---- URLs ----

// True if options precede the image's path in URLs below this prefix. See
// UrlParts::hasOptionsFirst.
bool putsOptionsFirst(Dialect dialect, std::string_view prefix);

// `prefix` without the end that belongs to transformed URLs only.
std::string_view plainPrefix(Dialect dialect, std::string_view prefix);

ParseResult parseRequest(Dialect dialect, const UrlParts& url, const Variants& variants);

// Explains the URL: the parts of its path below the prefix, then the parameters of its query. The
// value of a signature is omitted. `parsed`: the result of parseRequest() for the same URL.
std::vector<UrlPart> explainUrl(Dialect dialect, const UrlParts& url, const ParsedRequest& parsed);

HintStyle hintStyleOf(Dialect dialect);

// ---- answers ----

// The HTTP status of an answer; 200 for reasons that allow it.
int statusOf(Reason reason, Dialect dialect);

// The header in which the service names an error; empty if it has no name for the reason.
std::optional<ErrorHeader> errorHeaderOf(Reason reason, Dialect dialect);

// ---- OPTIONS of variants in the configuration ----

// The dialect of a variant's OPTIONS: "tr:" begins a chain of ImageKit's.
Dialect dialectOfOptions(std::string_view options);

// Parses a variant's OPTIONS, except "original". `watermarks` are those that options of
// Cloudflare's grammar may name; `variants` those that a chain of ImageKit's may name.
Result<Transform, ParseError> parseVariantOptions(std::string_view options,
                                                  const Watermarks& watermarks,
                                                  const Variants& variants);

// Short OPTIONS that are valid in the dialect: "w=100".
std::string_view exampleOptions(Dialect dialect);

// What to write instead of invalid OPTIONS, for messages: "write options of ..., such as ...".
std::string_view optionsAdvice(Dialect dialect);

}  // namespace private_image
