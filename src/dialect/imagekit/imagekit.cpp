#include "dialect/imagekit/imagekit.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/ascii.hpp"
#include "base/encoding.hpp"
#include "dialect/imagekit/chain.hpp"
#include "dialect/imagekit/segments.hpp"

namespace private_image::imagekit {

namespace {

constexpr std::size_t maxFilenameLength = 255;
constexpr std::string_view encodedInput = "ie-";

std::string joinPath(const std::vector<std::string_view>& segments) {
    std::string path;
    for (const auto segment : segments) {
        path += '/';
        path += segment;
    }
    return path;
}

// The parts of a URL, before the chain is parsed.
struct Target {
    ParsedRequest request;
    std::string chain;
    bool isThumbnail = false;
};

// Whether the next segment continues this one. The Base64 of an encoded input may contain a slash,
// which divides NGINX's decoded path; as no chain ends with an encoded input, the next segment then
// belongs to the input. `wasInside`: this segment itself continues an encoded input.
bool endsInEncodedInput(std::string_view segment, bool wasInside) {
    const auto separator = segment.find_last_of(",:");
    return separator == std::string_view::npos
               ? wasInside
               : segment.substr(separator + 1).starts_with(encodedInput);
}

// Reads a Target from the parts of a URL.
class TargetReader {
public:
    Result<Target, ParseError> read(const UrlParts& url) {
        std::string error = readPath(url.uri);
        if (!error.empty()) {
            return Error{ParseError{Reason::badUrl, std::move(error)}};
        }
        error = readQuery(url.rawQuery);
        if (error.empty() && chainCount_ > 1) {
            error = "\"tr\" is given twice";
        }
        if (!error.empty()) {
            return Error{ParseError{Reason::badOptions, std::move(error)}};
        }
        return std::move(target_);
    }

private:
    std::string readPath(std::string_view uri) {
        auto segments = split(uri, '/');
        if (segments.back().starts_with(chainPrefix)) {
            return "the URL has no file after its transformation";
        }
        extractChains(segments);
        if (segments.size() > 1 && segments.back() == thumbnailName) {
            segments.pop_back();
            target_.isThumbnail = true;
        }
        target_.request.path = joinPath(segments);
        if (const auto error = pathError(target_.request.path); !error.empty()) {
            return std::string(error);
        }
        return segments.front() == aliasFolder ? readAlias(segments) : std::string();
    }

    // Moves chains from the segments to the target; the segments of the image path remain.
    void extractChains(std::vector<std::string_view>& segments) {
        auto pathEnd = segments.begin();
        bool isInside = false;
        for (const auto segment : segments) {
            if (isInside) {
                target_.chain += '/';
                target_.chain += segment;
            } else if (isChainSegment(segment)) {
                target_.chain = segment.substr(chainPrefix.size());
                ++chainCount_;
            } else {
                *pathEnd++ = segment;
                continue;
            }
            isInside = endsInEncodedInput(segment, isInside);
        }
        segments.erase(pathEnd, segments.end());
    }

    // "ik-seo/dir/name/anything.jpg" is "dir/name.jpg".
    std::string readAlias(const std::vector<std::string_view>& segments) {
        const auto last = segments.back();
        const auto point = last.rfind('.');
        if (segments.size() < 3 || segments[segments.size() - 2].empty() ||
            point == std::string_view::npos || point + 1 == last.size()) {
            return "the URL lacks what \"ik-seo\" needs: a name and a last segment with a type";
        }
        target_.request.path =
            joinPath({segments.begin() + 1, segments.end() - 1}) + std::string(last.substr(point));
        return std::string(pathError(target_.request.path));
    }

    std::string readQuery(std::string_view rawQuery) {
        if (rawQuery.empty()) {
            return {};
        }
        for (const auto parameter : split(rawQuery, '&')) {
            const auto equals = parameter.find('=');
            const auto name = parameter.substr(0, equals);
            const auto value = equals == std::string_view::npos ? std::string_view()
                                                                : parameter.substr(equals + 1);
            std::string error = readParameter(name, value);
            if (!error.empty()) {
                return error;
            }
        }
        return {};
    }

    // Names are compared raw, as the signature is; other parameters are ignored.
    std::string readParameter(std::string_view name, std::string_view value) {
        if (name == attachmentParameter) {
            target_.request.attachment = target_.request.attachment || value == "true";
            return {};
        }
        if (name == filenameParameter) {
            return readFilename(value);
        }
        if (name != chainParameter) {
            return {};
        }
        ++chainCount_;
        auto chain = formDecode(value);
        if (!chain) {
            return "\"tr\" has a malformed percent escape";
        }
        target_.chain = std::move(*chain);
        return {};
    }

    std::string readFilename(std::string_view value) {
        auto filename = formDecode(value);
        if (!filename) {
            return "\"ik-attachment-filename\" has a malformed percent escape";
        }
        if (filename->size() > maxFilenameLength) {
            return "\"ik-attachment-filename\" is longer than 255 bytes";
        }
        if (std::ranges::any_of(*filename, isControl)) {
            return "\"ik-attachment-filename\" has a control byte";
        }
        target_.request.attachmentFilename = std::move(*filename);
        return {};
    }

    Target target_;
    int chainCount_ = 0;
};

// The first page or frame, in a format that every client can show.
void makeThumbnail(Transform& transform) {
    transform.isStill = true;
    if (transform.formatChoice == FormatChoice::unnamed) {
        transform.formatChoice = FormatChoice::named;
        transform.format = Format::jpeg;
    }
}

ParsedRequest applyVariant(const Variant& variant, ParsedRequest request) {
    ParsedRequest result = makeVariantRequest(std::move(request.path), variant);
    result.attachment = request.attachment;
    result.attachmentFilename = std::move(request.attachmentFilename);
    return result;
}

void applyAdhoc(Transform transform, bool isThumbnail, ParsedRequest& request) {
    request.requestKind = RequestKind::adhoc;
    request.transform = std::move(transform);
    if (isThumbnail) {
        makeThumbnail(request.transform);
    }
}

}  // namespace

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    parts.reserve(static_cast<std::size_t>(std::ranges::count(text, separator)) + 1);
    for (std::size_t begin = 0; begin <= text.size();) {
        const auto end = std::min(text.find(separator, begin), text.size());
        parts.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return parts;
}

// A transformation in the path, not in the query, comes before the image's segments.
bool putsOptionsFirst(std::string_view) {
    return true;
}

std::string_view plainPrefix(std::string_view prefix) {
    return prefix;
}

ParseResult parseRequest(const UrlParts& url, const Variants& variants) {
    auto target = TargetReader().read(url);
    if (!target) {
        return Error{target.error()};
    }
    ParsedRequest& request = target->request;
    if (target->chain.empty() && !target->isThumbnail) {
        return std::move(request);
    }
    const Variant* variant = variantAlone(target->chain, variants);
    if (variant != nullptr && !target->isThumbnail) {
        return applyVariant(*variant, std::move(request));
    }
    Result<Chain, ParseError> chain =
        target->chain.empty() ? Chain() : readChain(target->chain, variants, target->isThumbnail);
    if (!chain) {
        return Error{chain.error()};
    }
    if (!chain->isOriginal) {
        applyAdhoc(std::move(chain->transform), target->isThumbnail, request);
    }
    return std::move(request);
}

Result<Transform, ParseError> parseChain(std::string_view text, const Variants& variants) {
    auto chain = readChain(text, variants, false);
    if (!chain) {
        return Error{chain.error()};
    }
    const Variant* alone = variantAlone(text, variants);
    if (chain->isOriginal || (alone != nullptr && alone->isOriginal)) {
        return Error{ParseError{Reason::badOptions,
                                "the chain is the original: write \"original\" instead"}};
    }
    return std::move(chain->transform);
}

}  // namespace private_image::imagekit
