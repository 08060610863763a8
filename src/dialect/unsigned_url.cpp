// Follows the WHATWG URL standard as far as it does not change which image a URL names. URLs that
// clients would normalise to another path are refused.
#include "dialect/unsigned_url.hpp"

#include <glib.h>

#include <algorithm>
#include <optional>

#include "base/ascii.hpp"
#include "base/encoding.hpp"
#include "dialect/parsed_request.hpp"

namespace private_image {
namespace {

// In addition to blanks and non-ASCII.
constexpr std::string_view escapedInQueries = "\"<>'";
constexpr std::string_view escapedInPaths = "\"<>^`{}";

// True for a name, an IPv4 address, or an IPv6 address in brackets. Names in other alphabets must
// be in their ASCII form, as clients send them.
bool isHost(std::string_view host) {
    if (host.starts_with('[')) {
        return host.size() > 2 && host.ends_with(']') &&
               host.substr(1, host.size() - 2).find_first_not_of("0123456789abcdef:.") == host.npos;
    }
    return !host.empty() && std::ranges::all_of(host, [](char c) {
        return isLetterOrDigit(c) || c == '-' || c == '.' || c == '_';
    });
}

struct Authority {
    std::string_view host;
    std::optional<std::string_view> port;
};

Authority splitAuthority(std::string_view text) {
    const std::size_t bracket = text.rfind(']');
    const std::size_t colon = text.find(':', bracket == text.npos ? 0 : bracket);
    if (colon == text.npos) {
        return {text, std::nullopt};
    }
    return {text.substr(0, colon), text.substr(colon + 1)};
}

// The origin as clients write it; empty if the host or port is not valid.
std::optional<std::string> originOf(std::string_view scheme, std::string_view authority) {
    const std::string lowerCase = toLowerCase(authority);
    const auto [host, port] = splitAuthority(lowerCase);
    if (!isHost(host)) {
        return std::nullopt;
    }
    std::string origin = std::string(scheme) + "://" + std::string(host);
    if (port) {
        const auto number = parseUnsigned(*port, 65535);
        if (!number || port->size() > 5) {
            return std::nullopt;
        }
        const bool isDefault = *number == (scheme == "https" ? 443 : 80);
        origin += isDefault ? std::string() : ':' + std::to_string(*number);
    }
    return origin;
}

// A URL in pieces, before encoding.
struct Pieces {
    std::string origin;
    std::string_view target;
};

Result<Pieces, std::string> cut(std::string_view url) {
    if (url.starts_with('/')) {
        if (url.starts_with("//")) {
            return Error{std::string("the URL begins with \"//\": write http: or https: before")};
        }
        return Pieces{{}, url};
    }
    const std::string scheme = toLowerCase(url.substr(0, url.find(':')));
    const bool isWeb =
        (scheme == "http" || scheme == "https") && url.substr(scheme.size()).starts_with("://");
    if (!isWeb) {
        return Error{std::string("the URL begins neither with http:// or https:// nor with /")};
    }
    const std::string_view rest = url.substr(scheme.size() + 3);
    const std::string_view authority = rest.substr(0, rest.find_first_of("/?#\\"));
    auto origin = originOf(scheme, authority);
    if (!origin) {
        return Error{"the URL's host " + inQuotes(authority) +
                     " is not valid: write a name in ASCII, without a user before it"};
    }
    return Pieces{std::move(*origin), rest.substr(authority.size())};
}

std::string encode(std::string_view text, std::string_view escaped) {
    std::string encoded;
    encoded.reserve(text.size());
    for (const char c : text) {
        const bool isKept = c > ' ' && c < 0x7f && escaped.find(c) == escaped.npos;
        if (isKept) {
            encoded += c;
        } else {
            appendPercentEncoded(encoded, c);
        }
    }
    return encoded;
}

std::string errorIn(std::string_view url) {
    if (url.empty()) {
        return "the URL is empty";
    }
    if (url.size() > maxUrlLength) {
        return "the URL is longer than " + std::to_string(maxUrlLength) + " bytes";
    }
    if (std::ranges::any_of(url, isControl)) {
        return "the URL has a control byte";
    }
    if (url.front() == ' ' || url.back() == ' ') {
        return "the URL begins or ends with a blank";
    }
    if (!g_utf8_validate(url.data(), static_cast<gssize>(url.size()), nullptr)) {
        return "the URL is not UTF-8";
    }
    return url.find('#') != url.npos ? "the URL has a fragment, which no server is sent" : "";
}

// Returns why the gate would refuse this path, which begins with the prefix; empty if it would not.
std::string errorInPath(std::string_view path, std::string_view prefix) {
    const auto decoded = percentDecode(path.substr(prefix.size()));
    if (!decoded) {
        return "the URL's path has a % that begins no escape: write %25 for it";
    }
    const std::string_view error = rawTargetError(path);
    return std::string(error.empty() ? pathError(*decoded) : error);
}

}  // namespace

Result<UnsignedUrl, std::string> readUnsignedUrl(std::string_view url, std::string_view prefix) {
    if (std::string error = errorIn(url); !error.empty()) {
        return Error{std::move(error)};
    }
    auto pieces = cut(url);
    if (!pieces) {
        return Error{pieces.error()};
    }
    const std::string_view target = pieces->target;
    const std::size_t question = std::min(target.find('?'), target.size());
    UnsignedUrl parts{std::move(pieces->origin), encode(target.substr(0, question), escapedInPaths),
                      encode(target.substr(question), escapedInQueries)};
    if (parts.query == "?") {
        parts.query.clear();
    }
    if (!parts.path.starts_with(prefix)) {
        return Error{"the URL's path does not begin with " + inQuotes(prefix)};
    }
    if (std::string error = errorInPath(parts.path, prefix); !error.empty()) {
        return Error{std::move(error)};
    }
    return parts;
}

}  // namespace private_image
