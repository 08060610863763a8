// The result of parsing a request target, and the path rules that all dialects share.
#pragma once

#include <string>
#include <string_view>

#include "access/decision.hpp"
#include "access/reason.hpp"
#include "base/result.hpp"
#include "transform/transform.hpp"
#include "transform/variants.hpp"

namespace private_image {

struct ParsedRequest {
    // Decoded image path with a leading slash; also the target of Transform::redirectsOnError.
    std::string path;
    RequestKind requestKind = RequestKind::original;
    std::string variant;             // the variant's name, if the URL requests nothing else
    Transform transform;             // empty for an original
    bool attachment = false;         // Content-Disposition: attachment
    std::string attachmentFilename;  // may be empty
};

struct ParseError {
    Reason reason = Reason::badUrl;  // badUrl, badOptions or unknownVariant
    std::string detail;              // a sentence for log and body, printable ASCII
};

using ParseResult = Result<ParsedRequest, ParseError>;

// The input of a dialect's parser.
// `uri`: the normalised, decoded URI without the location's prefix. It has a leading slash only if
// the client doubled it.
// `rawQuery`: the query as sent, without "?".
// `hasOptionsFirst`: see putsOptionsFirst().
// `host`: this server's name as the client sent it, without a port; only used for Cloudflare's
// <options>/<source>.
// `sentPath`: the result of sentPathBelow(), if `uri` is the normalised form of the sent target;
// otherwise empty. It shows which slashes were escaped.
struct UrlParts {
    std::string_view uri;
    std::string_view rawQuery;
    bool hasOptionsFirst = false;
    std::string_view host = {};
    std::string_view sentPath = {};
};

// The path of a request target below the prefix, still escaped. Empty if the target does not begin
// with the prefix literally.
std::string_view sentPathBelow(std::string_view prefix, std::string_view rawTarget);

// Checks a decoded path. Returns the error's text, or an empty one. Refuses segments that are "."
// or "..", or decode to them, also before ";"; backslashes; control bytes; an empty path; a path
// that ends in "/".
std::string_view pathError(std::string_view decodedPath);

// True if a segment of the path begins with a dot: no image that was uploaded has such a name.
bool hasHiddenSegment(std::string_view decodedPath);

// Checks a raw request target as it was before NGINX normalised it. Refuses dot segments in any
// encoding, a raw "#", encoded backslashes and control bytes. It accepts a trailing "/", which
// pathError() refuses.
std::string_view rawTargetError(std::string_view rawTarget);

// Percent-decodes once; malformed escapes stay unchanged.
std::string decodeLeniently(std::string_view text);

// Untrusted text for an error's detail: in quotes, cut after 64 bytes, with "?" for everything but
// printable ASCII.
std::string inQuotes(std::string_view text);

// The parsed request for a variant without further options.
ParsedRequest makeVariantRequest(std::string path, const Variant& variant);

}  // namespace private_image
