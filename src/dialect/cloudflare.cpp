// Cloudflare's two forms of URLs: where the image stands in them, and where the variant or the
// options. Option lists, sources and the signature, which covers the raw request target, are read
// elsewhere; so is everything about HTTP.
#include "dialect/cloudflare.hpp"

#include <utility>

#include "dialect/cloudflare_options.hpp"
#include "dialect/cloudflare_source.hpp"

namespace private_image::cloudflare {

namespace {

ParseResult badUrl(std::string_view detail) {
    return Failed{ParseError{Reason::badUrl, std::string(detail)}};
}

ParseResult askAdhoc(std::string path, Transform transform) {
    ParsedRequest request;
    request.path = std::move(path);
    request.asked = Asked::adhoc;
    request.transform = std::move(transform);
    return request;
}

// <id>/<variant or options>
ParseResult parseOptionsLast(std::string_view uri, const Variants& variants) {
    const auto slash = uri.rfind('/');
    if (slash == std::string_view::npos || slash + 1 == uri.size()) {
        return badUrl("the URL needs an image and a variant or options");
    }
    std::string path = '/' + std::string(uri.substr(0, slash));
    const auto last = uri.substr(slash + 1);
    if (const auto mistake = pathMistake(path); !mistake.empty()) {
        return badUrl(mistake);
    }
    if (last.find('=') == std::string_view::npos) {
        const auto found = variants.find(last);
        if (found == variants.end()) {
            return Failed{ParseError{Reason::unknownVariant, "unknown variant " + inQuotes(last)}};
        }
        return askForVariant(std::move(path), found->second);
    }
    auto transform = readOptions(last);
    if (!transform) {
        return Failed{transform.error()};
    }
    transform->redirectsOnError = false;  // an id is no address to go to
    return askAdhoc(std::move(path), std::move(*transform));
}

// <options>/<source>
ParseResult parseOptionsFirst(std::string_view uri, std::string_view host) {
    const auto slash = uri.find('/');
    if (slash == std::string_view::npos || slash == 0 || slash + 1 == uri.size()) {
        return badUrl("the URL needs options and a source");
    }
    auto path = sourcePath(uri.substr(slash + 1), host);
    if (!path) {
        return badUrl(path.error());
    }
    auto transform = readOptions(uri.substr(0, slash));
    if (!transform) {
        return Failed{transform.error()};
    }
    return askAdhoc(std::move(*path), std::move(*transform));
}

}  // namespace

bool putsOptionsFirst(std::string_view prefix) {
    return prefix.ends_with(optionsFirstPrefix);
}

ParseResult parseRequest(const UrlParts& url, const Variants& variants) {
    return url.hasOptionsFirst ? parseOptionsFirst(url.uri, url.host)
                               : parseOptionsLast(url.uri, variants);
}

Result<Transform, ParseError> parseOptions(std::string_view options, const Watermarks& watermarks) {
    return readVariantOptions(options, watermarks);
}

}  // namespace private_image::cloudflare
