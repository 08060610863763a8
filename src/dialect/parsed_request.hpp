// What both dialects make of a request target.
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
    // Decoded image path with a leading slash; also where Transform::redirectsOnError leads to.
    std::string path;
    Asked asked = Asked::original;
    std::string variant;             // the variant's name where one was asked for alone
    Transform transform;             // empty for an original
    bool attachment = false;         // Content-Disposition: attachment
    std::string attachmentFilename;  // empty: none given
};

struct ParseError {
    Reason reason = Reason::badUrl;  // badUrl, badOptions or unknownVariant
    std::string detail;  // names the option or the error, for log and body; printable ASCII
};

using ParseResult = Result<ParsedRequest, ParseError>;

// `uri`: the normalised, decoded URI less the location's prefix, without leading slash unless the
// client doubled it. `rawQuery`: the request's query as sent, without "?". `hasOptionsFirst` and
// `host`, this server's name as the client wrote it, without a port, are of use to Cloudflare's
// <options>/<source> alone (cloudflare::putsOptionsFirst). `sentPath`: what sentPathBelow() makes
// of the request target, where `uri` is the normal form of it; else empty. It tells slashes that
// were escaped from those that were not.
struct UrlParts {
    std::string_view uri;
    std::string_view rawQuery;
    bool hasOptionsFirst = false;
    std::string_view host = {};
    std::string_view sentPath = {};
};

// The path of a request target below the prefix, still escaped. Empty where the target does not
// begin with the prefix literally.
std::string_view sentPathBelow(std::string_view prefix, std::string_view rawTarget);

// Rules for paths common to both (contract, "What is asked"). Empty: the path can be; else the
// error. Refuses segments that are or decode to "." or ".." (also before ";"), backslashes,
// control bytes, an empty path, a path ending in "/".
std::string_view pathError(std::string_view decodedPath);

// The same for the raw request target before NGINX normalised it: dot segments in any encoding,
// a raw "#", encoded backslash or control bytes. A trailing "/" is left to pathError.
std::string_view rawTargetError(std::string_view rawTarget);

// Percent-decodes once; an escape that is none stays as it is.
std::string decodeLeniently(std::string_view text);

// What a stranger wrote, fit for an error's detail: in quotes, cut at 64 bytes, anything but
// printable ASCII as "?".
std::string inQuotes(std::string_view text);

// The request for a variant alone.
ParsedRequest askForVariant(std::string path, const Variant& variant);

}  // namespace private_image
