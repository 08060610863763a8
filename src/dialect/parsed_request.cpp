#include "dialect/parsed_request.hpp"

#include <algorithm>
#include <utility>

#include "base/ascii.hpp"
#include "base/encoding.hpp"

namespace private_image {

namespace {

constexpr std::size_t maxQuoteLength = 64;

constexpr std::string_view dotSegment = "the path has a dot segment";
constexpr std::string_view backslash = "the path has a backslash";
constexpr std::string_view controlByte = "the path has a control byte";

bool isDots(std::string_view segment) {
    return segment == "." || segment == "..";
}

// Some origins remove path parameters ("..;v=1") before they resolve dot segments.
bool isDotSegment(std::string_view segment) {
    return isDots(segment) || isDots(segment.substr(0, segment.find(';')));
}

// Checks the text without decoding it.
std::string_view errorIn(std::string_view text) {
    if (std::ranges::any_of(text, isControl)) {
        return controlByte;
    }
    if (text.find('\\') != std::string_view::npos) {
        return backslash;
    }
    for (std::size_t begin = 0; begin <= text.size();) {
        const auto end = std::min(text.find('/', begin), text.size());
        if (isDotSegment(text.substr(begin, end - begin))) {
            return dotSegment;
        }
        begin = end + 1;
    }
    return {};
}

// Checks the text, and the text decoded up to `decodings` times.
std::string_view errorIn(std::string_view text, int decodings) {
    const auto error = errorIn(text);
    const bool isFinal = !error.empty() || decodings == 0 || text.find('%') == text.npos;
    return isFinal ? error : errorIn(decodeLeniently(text), decodings - 1);
}

}  // namespace

std::string_view pathError(std::string_view decodedPath) {
    if (decodedPath.empty() || decodedPath == "/") {
        return "the path is empty";
    }
    if (decodedPath.ends_with('/')) {
        return "the path ends in a slash";
    }
    return errorIn(decodedPath, 1);
}

bool hasHiddenSegment(std::string_view decodedPath) {
    return decodedPath.starts_with('.') || decodedPath.find("/.") != decodedPath.npos;
}

std::string_view rawTargetError(std::string_view rawTarget) {
    // In the query, too: NGINX ends the arguments at "#", but the signature covers what follows.
    if (rawTarget.find('#') != std::string_view::npos) {
        return "the URL has a raw #";
    }
    return errorIn(rawTarget.substr(0, rawTarget.find('?')), 2);
}

std::string_view sentPathBelow(std::string_view prefix, std::string_view rawTarget) {
    const auto path = rawTarget.substr(0, rawTarget.find('?'));
    return path.starts_with(prefix) ? path.substr(prefix.size()) : std::string_view();
}

// Lenient, as some origins are: a strict decoder would stop at the first malformed escape, and miss
// dot segments after it.
std::string decodeLeniently(std::string_view text) {
    std::string decoded;
    decoded.reserve(text.size());
    while (!text.empty()) {
        const auto escape = text[0] == '%' ? percentDecode(text.substr(0, 3)) : std::nullopt;
        decoded += escape ? escape->front() : text[0];
        text.remove_prefix(escape ? 3 : 1);
    }
    return decoded;
}

std::string inQuotes(std::string_view text) {
    std::string quote(text.substr(0, maxQuoteLength));
    std::ranges::replace_if(
        quote, [](char c) { return c < 0x20 || c > 0x7e || c == '"'; }, '?');
    return '"' + quote + (text.size() > maxQuoteLength ? "...\"" : "\"");
}

ParsedRequest makeVariantRequest(std::string path, const Variant& variant) {
    ParsedRequest request;
    request.path = std::move(path);
    request.variant = variant.name;
    if (variant.isOriginal) {
        request.requestKind = RequestKind::original;
        return request;
    }
    request.requestKind =
        variant.isPublic ? RequestKind::publicVariant : RequestKind::signedVariant;
    request.transform = variant.transform;
    if (variant.isPublic) {
        dropMetadata(request.transform);
    }
    return request;
}

}  // namespace private_image
