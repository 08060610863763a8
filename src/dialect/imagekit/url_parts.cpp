// The meaning of an ImageKit URL's parts, for the tool. The parser's result determines how many
// segments each part has.
#include <algorithm>
#include <utility>

#include "dialect/imagekit/imagekit.hpp"
#include "dialect/imagekit/segments.hpp"

namespace private_image::imagekit {
namespace {

std::size_t segmentCount(std::string_view path) {
    return static_cast<std::size_t>(std::ranges::count(path, '/'));
}

// Collects parts; neighbouring segments of one meaning become one part.
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

// How many segments of a path each part has.
struct Counts {
    std::size_t alias = 0;  // 2: "ik-seo" before the image path, the pretty name after it
    std::size_t thumbnail = 0;
    std::size_t chain = 0;
};

Counts countSegments(const std::vector<std::string_view>& segments, const ParsedRequest& parsed) {
    const auto first = std::ranges::find_if_not(segments, isChainSegment);
    Counts counts;
    const std::size_t inPath = segmentCount(parsed.path);
    const bool isAlias =
        first != segments.end() && *first == aliasFolder && !parsed.path.starts_with("/ik-seo/");
    const bool isThumbnail =
        segments.back() == thumbnailName && !parsed.path.ends_with("/ik-thumbnail.jpg");
    counts.alias = isAlias ? 2 : 0;
    counts.thumbnail = isThumbnail ? 1 : 0;
    const std::size_t others = inPath + counts.alias + counts.thumbnail;
    counts.chain = segments.size() > others ? segments.size() - others : 0;
    return counts;
}

}  // namespace

std::vector<UrlPart> explainPath(const UrlParts& url, const ParsedRequest& parsed) {
    const auto segments = split(url.uri, '/');
    const Counts counts = countSegments(segments, parsed);
    SegmentParts parts;
    std::size_t chainLeft = counts.chain;
    bool isInChain = false;
    for (std::size_t i = 0; i < segments.size(); ++i) {
        isInChain = chainLeft > 0 && (isInChain || isChainSegment(segments[i]));
        const std::size_t left = segments.size() - 1 - i;
        if (isInChain) {
            --chainLeft;
            parts.add(segments[i], optionsMeaning(parsed));
        } else if (counts.thumbnail > 0 && left == 0) {
            parts.add(segments[i], "thumbnail: the first page or frame");
        } else if (counts.alias > 0 && segments[i] == aliasFolder) {
            parts.add(segments[i], "a pretty name follows the image path");
        } else if (counts.alias > 0 && left == counts.thumbnail) {
            parts.add(segments[i], "pretty name; only its type is used");
        } else {
            parts.add(segments[i], imagePathMeaning);
        }
    }
    return parts.take();
}

UrlPart explainParameter(std::string_view parameter, const ParsedRequest& parsed) {
    const std::string name(parameter.substr(0, parameter.find('=')));
    if (name == signatureParameter) {
        return {name + "=...", signatureMeaning};
    }
    const std::string text(parameter);
    if (name == expiryParameter) {
        return {text, expiryMeaning};
    }
    if (name == chainParameter) {
        return {text, optionsMeaning(parsed)};
    }
    if (name == attachmentParameter || name == filenameParameter) {
        return {text, "delivery as a download"};
    }
    return {text, unusedMeaning};
}

}  // namespace private_image::imagekit
