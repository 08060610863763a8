// The meaning of a Cloudflare URL's parts, for the tool.
#include "dialect/cloudflare/cloudflare.hpp"

namespace private_image::cloudflare {

std::vector<UrlPart> explainPath(const UrlParts& url, const ParsedRequest& parsed) {
    const auto divided = divide(url);
    if (!divided) {
        return {{std::string(url.uri), imagePathMeaning}};
    }
    const UrlPart image{std::string(divided->image),
                        url.hasOptionsFirst ? "source" : imagePathMeaning};
    const UrlPart options{divided->options, optionsMeaning(parsed)};
    return url.hasOptionsFirst ? std::vector{options, image} : std::vector{image, options};
}

UrlPart explainParameter(std::string_view parameter, const ParsedRequest&) {
    const std::string name(parameter.substr(0, parameter.find('=')));
    if (name == signatureParameter) {
        return {name + "=...", signatureMeaning};
    }
    return {std::string(parameter), name == expiryParameter ? expiryMeaning : unusedMeaning};
}

}  // namespace private_image::cloudflare
