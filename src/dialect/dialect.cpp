#include "dialect/dialect.hpp"

#include <algorithm>

#include "dialect/cloudflare/cloudflare.hpp"
#include "dialect/imagekit/imagekit.hpp"
#include "dialect/signed_target.hpp"

namespace private_image {
namespace {

struct Row {
    Dialect dialect;
    KeyRing::Digest digest;
    HintStyle hintStyle;
    std::string_view exampleOptions;
    std::string_view optionsAdvice;

    decltype(cloudflare::readSignature)* readSignature;
    decltype(cloudflare::signTarget)* signTarget;
    decltype(cloudflare::redactedTarget)* redactedTarget;
    decltype(cloudflare::putsOptionsFirst)* putsOptionsFirst;
    decltype(cloudflare::plainPrefix)* plainPrefix;
    decltype(cloudflare::parseRequest)* parseRequest;
    decltype(cloudflare::explainPath)* explainPath;
    decltype(cloudflare::explainParameter)* explainParameter;
    decltype(cloudflare::statusOf)* statusOf;
    decltype(cloudflare::errorHeaderOf)* errorHeaderOf;
};

constexpr std::array table{
    Row{.dialect = Dialect::cloudflare,
        .digest = KeyRing::Digest::sha256,
        .hintStyle = HintStyle::cloudflare,
        .exampleOptions = "w=100",
        .optionsAdvice = "write options of Cloudflare's grammar, such as w=400,h=300",
        .readSignature = cloudflare::readSignature,
        .signTarget = cloudflare::signTarget,
        .redactedTarget = cloudflare::redactedTarget,
        .putsOptionsFirst = cloudflare::putsOptionsFirst,
        .plainPrefix = cloudflare::plainPrefix,
        .parseRequest = cloudflare::parseRequest,
        .explainPath = cloudflare::explainPath,
        .explainParameter = cloudflare::explainParameter,
        .statusOf = cloudflare::statusOf,
        .errorHeaderOf = cloudflare::errorHeaderOf},
    Row{.dialect = Dialect::imagekit,
        .digest = KeyRing::Digest::sha1,
        .hintStyle = HintStyle::imagekit,
        .exampleOptions = "tr:w-100",
        .optionsAdvice = "write a chain of ImageKit's grammar, such as tr:w-400,h-300",
        .readSignature = imagekit::readSignature,
        .signTarget = imagekit::signTarget,
        .redactedTarget = imagekit::redactedTarget,
        .putsOptionsFirst = imagekit::putsOptionsFirst,
        .plainPrefix = imagekit::plainPrefix,
        .parseRequest = imagekit::parseRequest,
        .explainPath = imagekit::explainPath,
        .explainParameter = imagekit::explainParameter,
        .statusOf = imagekit::statusOf,
        .errorHeaderOf = imagekit::errorHeaderOf},
};
static_assert(table.size() == dialectCount);
static_assert(std::ranges::equal(table, allDialects, {}, &Row::dialect),
              "rows are in the order of the dialects");

constexpr const Row& rowOf(Dialect dialect) {
    return table[static_cast<std::size_t>(dialect)];
}

}  // namespace

std::optional<Dialect> dialectFromName(std::string_view name) {
    const auto found = std::ranges::find(allDialects, name, dialectName);
    return found == allDialects.end() ? std::nullopt : std::optional(*found);
}

KeyRing::Digest digestOf(Dialect dialect) {
    return rowOf(dialect).digest;
}

SignatureClaim readSignature(Dialect dialect, std::string_view rawTarget, std::string_view prefix) {
    return rowOf(dialect).readSignature(rawTarget, prefix);
}

Result<std::string, std::string> signTarget(Dialect dialect, const UnsignedUrl& url,
                                            std::string_view prefix, const SigningKey& key,
                                            std::int64_t expires) {
    return rowOf(dialect).signTarget(url, prefix, key, expires);
}

std::string redactedTarget(Dialect dialect, std::string_view rawTarget) {
    return rowOf(dialect).redactedTarget(rawTarget);
}

bool putsOptionsFirst(Dialect dialect, std::string_view prefix) {
    return rowOf(dialect).putsOptionsFirst(prefix);
}

std::string_view plainPrefix(Dialect dialect, std::string_view prefix) {
    return rowOf(dialect).plainPrefix(prefix);
}

ParseResult parseRequest(Dialect dialect, const UrlParts& url, const Variants& variants) {
    return rowOf(dialect).parseRequest(url, variants);
}

std::vector<UrlPart> explainUrl(Dialect dialect, const UrlParts& url, const ParsedRequest& parsed) {
    std::vector<UrlPart> parts = rowOf(dialect).explainPath(url, parsed);
    if (!url.rawQuery.empty()) {
        forEachParameter('?' + std::string(url.rawQuery), [&](std::string_view parameter) {
            parts.push_back(rowOf(dialect).explainParameter(parameter, parsed));
        });
    }
    return parts;
}

HintStyle hintStyleOf(Dialect dialect) {
    return rowOf(dialect).hintStyle;
}

int statusOf(Reason reason, Dialect dialect) {
    return rowOf(dialect).statusOf(reason);
}

std::optional<ErrorHeader> errorHeaderOf(Reason reason, Dialect dialect) {
    return rowOf(dialect).errorHeaderOf(reason);
}

Dialect dialectOfOptions(std::string_view options) {
    return options.starts_with(imagekit::chainPrefix) ? Dialect::imagekit : Dialect::cloudflare;
}

Result<Transform, ParseError> parseVariantOptions(std::string_view options,
                                                  const Watermarks& watermarks,
                                                  const Variants& variants) {
    switch (dialectOfOptions(options)) {
        case Dialect::cloudflare:
            return cloudflare::parseOptions(options, watermarks);
        case Dialect::imagekit:
            return imagekit::parseChain(options.substr(imagekit::chainPrefix.size()), variants);
    }
    return Error{ParseError{Reason::internal, "unknown dialect"}};
}

std::string_view exampleOptions(Dialect dialect) {
    return rowOf(dialect).exampleOptions;
}

std::string_view optionsAdvice(Dialect dialect) {
    return rowOf(dialect).optionsAdvice;
}

}  // namespace private_image
