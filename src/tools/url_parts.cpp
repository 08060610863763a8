// Lays the parser's result beside the URL, and shares its segments out. How a URL is read is the
// dialects' affair.
#include "tools/url_parts.hpp"

#include <algorithm>

#include "dialect/cloudflare/cloudflare.hpp"

namespace private_image::tools {
namespace {

constexpr const char* imagePath = "image path";

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    for (std::size_t begin = 0; begin <= text.size();) {
        const auto end = std::min(text.find(separator, begin), text.size());
        parts.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return parts;
}

std::size_t segmentCount(std::string_view path) {
    return static_cast<std::size_t>(std::ranges::count(path, '/'));
}

const char* optionsMeaning(const ParsedRequest& parsed) {
    return parsed.variant.empty() ? "transformation" : "variant";
}

// ------------------------------------------------------------------ ImageKit's paths

bool isChain(std::string_view segment) {
    return segment.starts_with("tr:");
}

// Segments that mean the same and stand side by side are one part.
class SegmentParts {
public:
    void add(std::string_view segment, const char* meaning) {
        if (parts_.empty() || parts_.back().meaning != meaning) {
            parts_.push_back({{}, meaning});
        } else {
            parts_.back().text += '/';
        }
        parts_.back().text += segment;
    }

    std::vector<UrlPart> take() { return std::move(parts_); }

private:
    std::vector<UrlPart> parts_;
};

// How the segments of a path are shared out, counted: the parser has already told what they are.
struct Counts {
    std::size_t alias = 0;  // "ik-seo" before, and the pretty name behind
    std::size_t thumbnail = 0;
    std::size_t chain = 0;
};

Counts countSegments(const std::vector<std::string_view>& segments, const ParsedRequest& parsed) {
    const auto first = std::ranges::find_if_not(segments, isChain);
    Counts counts;
    const std::size_t inPath = segmentCount(parsed.path);
    const bool isAlias =
        first != segments.end() && *first == "ik-seo" && !parsed.path.starts_with("/ik-seo/");
    const bool isThumbnail =
        segments.back() == "ik-thumbnail.jpg" && !parsed.path.ends_with("/ik-thumbnail.jpg");
    counts.alias = isAlias ? 2 : 0;
    counts.thumbnail = isThumbnail ? 1 : 0;
    const std::size_t others = inPath + counts.alias + counts.thumbnail;
    counts.chain = segments.size() > others ? segments.size() - others : 0;
    return counts;
}

std::vector<UrlPart> imagekitPath(std::string_view path, const ParsedRequest& parsed) {
    const auto segments = split(path, '/');
    const Counts counts = countSegments(segments, parsed);
    SegmentParts parts;
    std::size_t chainLeft = counts.chain;
    bool isInChain = false;
    for (std::size_t i = 0; i < segments.size(); ++i) {
        isInChain = chainLeft > 0 && (isInChain || isChain(segments[i]));
        const std::size_t behind = segments.size() - 1 - i;
        if (isInChain) {
            --chainLeft;
            parts.add(segments[i], optionsMeaning(parsed));
        } else if (counts.thumbnail > 0 && behind == 0) {
            parts.add(segments[i], "thumbnail: the first page or frame");
        } else if (counts.alias > 0 && segments[i] == "ik-seo") {
            parts.add(segments[i], "a pretty name follows the image path");
        } else if (counts.alias > 0 && behind == counts.thumbnail) {
            parts.add(segments[i], "pretty name, of which only the type counts");
        } else {
            parts.add(segments[i], imagePath);
        }
    }
    return parts.take();
}

// ------------------------------------------------------------------ Cloudflare's paths

std::vector<UrlPart> cloudflarePath(const UrlParts& url, const ParsedRequest& parsed) {
    const auto divided = cloudflare::divide(url);
    if (!divided) {
        return {{std::string(url.uri), imagePath}};
    }
    const UrlPart image{std::string(divided->image), url.hasOptionsFirst ? "source" : imagePath};
    const UrlPart options{divided->options, optionsMeaning(parsed)};
    return url.hasOptionsFirst ? std::vector{options, image} : std::vector{image, options};
}

// ------------------------------------------------------------------ parameters

UrlPart parameterPart(std::string_view parameter, const Gate& gate, const ParsedRequest& parsed) {
    const std::string name(parameter.substr(0, parameter.find('=')));
    const bool isImagekit = gate.dialect == Dialect::imagekit;
    if (name == (isImagekit ? "ik-s" : "sig")) {
        return {name + "=...", "signature"};
    }
    const std::string text(parameter);
    if (name == (isImagekit ? "ik-t" : "exp")) {
        return {text, "expiry of the signature"};
    }
    if (isImagekit && name == "tr") {
        return {text, optionsMeaning(parsed)};
    }
    if (isImagekit && (name == "ik-attachment" || name == "ik-attachment-filename")) {
        return {text, "delivery as a download"};
    }
    return {text, "of no meaning here, but covered by a signature"};
}

}  // namespace

std::vector<UrlPart> partsOf(const UrlParts& url, const Gate& gate, const ParsedRequest& parsed) {
    std::vector<UrlPart> parts{{gate.prefix, "prefix"}};
    const auto path = gate.dialect == Dialect::imagekit ? imagekitPath(url.uri, parsed)
                                                        : cloudflarePath(url, parsed);
    parts.insert(parts.end(), path.begin(), path.end());
    if (!url.rawQuery.empty()) {
        for (const std::string_view parameter : split(url.rawQuery, '&')) {
            parts.push_back(parameterPart(parameter, gate, parsed));
        }
    }
    return parts;
}

}  // namespace private_image::tools
