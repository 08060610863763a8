#include "dialect/cloudflare/cloudflare.hpp"

#include <algorithm>
#include <utility>

#include "dialect/cloudflare/options.hpp"
#include "dialect/cloudflare/source.hpp"

namespace private_image::cloudflare {

namespace {

ParseResult badUrl(std::string_view detail) {
    return Error{ParseError{Reason::badUrl, std::string(detail)}};
}

ParseResult makeAdhocRequest(std::string path, Transform transform) {
    ParsedRequest request;
    request.path = std::move(path);
    request.requestKind = RequestKind::adhoc;
    request.transform = std::move(transform);
    return request;
}

// Replaces repeated slashes by one, as NGINX does (merge_slashes).
std::string withMergedSlashes(std::string text) {
    const auto isPair = [](char one, char other) { return one == '/' && other == '/'; };
    text.erase(std::ranges::unique(text, isPair).begin(), text.end());
    return text;
}

// The option list as it was sent, decoded once. Empty if no value contains an escaped slash: the
// URI can then be divided at its slashes.
std::string optionsWithSlash(const UrlParts& url) {
    const auto sent = url.hasOptionsFirst ? url.sentPath.substr(0, url.sentPath.find('/'))
                                          : url.sentPath.substr(url.sentPath.rfind('/') + 1);
    std::string options = decodeLeniently(sent);
    const auto slash = options.find('/');
    const bool isInValue = slash != std::string::npos && options.find('=') < slash;
    return isInValue ? std::move(options) : std::string();
}

// Divides a URL whose option list contains slashes, which NGINX may have merged in the URI.
std::optional<DividedUrl> divideAtOptions(const UrlParts& url, std::string options) {
    const std::string whole = url.hasOptionsFirst ? options + '/' : '/' + options;
    for (const std::string& part : {whole, withMergedSlashes(whole)}) {
        if (url.hasOptionsFirst && url.uri.starts_with(part)) {
            return DividedUrl{url.uri.substr(part.size()), std::move(options)};
        }
        if (!url.hasOptionsFirst && url.uri.ends_with(part)) {
            return DividedUrl{url.uri.substr(0, url.uri.size() - part.size()), std::move(options)};
        }
    }
    return std::nullopt;
}

// <id>/<variant or options>
ParseResult parseOptionsLast(const UrlParts& url, const Variants& variants) {
    auto divided = divide(url);
    if (!divided || divided->options.empty()) {
        return badUrl("the URL needs an image and a variant or options");
    }
    std::string path = '/' + std::string(divided->image);
    const std::string& last = divided->options;
    if (const auto error = pathError(path); !error.empty()) {
        return badUrl(error);
    }
    if (last.find('=') == std::string::npos) {
        const auto found = variants.find(last);
        if (found == variants.end()) {
            return Error{ParseError{Reason::unknownVariant, "unknown variant " + inQuotes(last)}};
        }
        return makeVariantRequest(std::move(path), found->second);
    }
    auto transform = readOptions(last);
    if (!transform) {
        return Error{transform.error()};
    }
    transform->redirectsOnError = false;  // an id is not a URL to redirect to
    return makeAdhocRequest(std::move(path), std::move(*transform));
}

// <options>/<source>
ParseResult parseOptionsFirst(const UrlParts& url) {
    auto divided = divide(url);
    if (!divided || divided->options.empty() || divided->image.empty()) {
        return badUrl("the URL needs options and a source");
    }
    auto path = sourcePath(divided->image, url.host);
    if (!path) {
        return badUrl(path.error());
    }
    auto transform = readOptions(divided->options);
    if (!transform) {
        return Error{transform.error()};
    }
    return makeAdhocRequest(std::move(*path), std::move(*transform));
}

}  // namespace

bool putsOptionsFirst(std::string_view prefix) {
    return prefix.ends_with(optionsFirstPrefix);
}

std::string_view plainPrefix(std::string_view prefix) {
    if (putsOptionsFirst(prefix)) {
        prefix.remove_suffix(optionsFirstPrefix.size() - 1);
    }
    return prefix;
}

std::optional<DividedUrl> divide(const UrlParts& url) {
    if (std::string options = optionsWithSlash(url); !options.empty()) {
        if (auto divided = divideAtOptions(url, std::move(options))) {
            return divided;
        }
    }
    const auto slash = url.hasOptionsFirst ? url.uri.find('/') : url.uri.rfind('/');
    if (slash == std::string_view::npos) {
        return std::nullopt;
    }
    const auto before = url.uri.substr(0, slash);
    const auto after = url.uri.substr(slash + 1);
    return url.hasOptionsFirst ? DividedUrl{after, std::string(before)}
                               : DividedUrl{before, std::string(after)};
}

ParseResult parseRequest(const UrlParts& url, const Variants& variants) {
    return url.hasOptionsFirst ? parseOptionsFirst(url) : parseOptionsLast(url, variants);
}

Result<Transform, ParseError> parseOptions(std::string_view options, const Watermarks& watermarks) {
    return readVariantOptions(options, watermarks);
}

}  // namespace private_image::cloudflare
