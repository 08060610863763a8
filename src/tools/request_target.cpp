#include "tools/request_target.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "base/encoding.hpp"
#include "dialect/parsed_request.hpp"

namespace private_image::tools {
namespace {

bool isControlOrBlank(char c) {
    return isControl(c) || c == ' ';
}

// The scheme's length with "://"; 0 without a scheme.
std::size_t schemeLength(std::string_view url) {
    const std::string start = toLowerCase(url.substr(0, 8));
    return start.starts_with("https://") ? 8 : start.starts_with("http://") ? 7 : 0;
}

// "user@host:port", "[::1]:port".
std::string_view hostOf(std::string_view authority) {
    authority.remove_prefix(authority.rfind('@') + 1);
    if (authority.starts_with('[')) {
        return authority.substr(0, authority.find(']') + 1);
    }
    return authority.substr(0, authority.rfind(':'));
}

void mergeSlashes(std::string& path) {
    const auto isPair = [](char one, char other) { return one == '/' && other == '/'; };
    path.erase(std::ranges::unique(path, isPair).begin(), path.end());
}

}  // namespace

Result<RequestTarget, std::string> requestTargetOf(std::string_view url) {
    if (url.size() > maxTargetLength) {
        return Error{"the URL is longer than " + std::to_string(maxTargetLength) + " bytes"};
    }
    if (url.starts_with('/')) {
        return RequestTarget{{}, std::string(url)};
    }
    const std::size_t scheme = schemeLength(url);
    if (scheme == 0) {
        return Error{"the URL " + inQuotes(url) +
                     " begins neither with http:// or https:// nor with /"};
    }
    url.remove_prefix(scheme);
    const std::string_view authority = url.substr(0, url.find_first_of("/?#"));
    url.remove_prefix(authority.size());
    if (authority.empty()) {
        return Error{std::string("the URL has no host")};
    }
    // Clients add the missing slash.
    return RequestTarget{std::string(hostOf(authority)),
                         (url.starts_with('/') ? "" : "/") + std::string(url)};
}

Result<std::string, std::string> normalisedUri(std::string_view rawTarget) {
    if (std::ranges::any_of(rawTarget, isControlOrBlank)) {
        return Error{std::string("the URL has a blank or a control byte")};
    }
    auto uri = percentDecode(rawTarget.substr(0, rawTarget.find('?')));
    if (!uri) {
        return Error{std::string("the path has a malformed percent escape")};
    }
    if (uri->find('\0') != std::string::npos) {
        return Error{std::string("the path has an encoded NUL")};
    }
    mergeSlashes(*uri);
    return std::move(*uri);
}

std::string_view rawQueryOf(std::string_view rawTarget) {
    const std::size_t question = rawTarget.find('?');
    return question == rawTarget.npos ? std::string_view() : rawTarget.substr(question + 1);
}

}  // namespace private_image::tools
