#include "s3/directive.hpp"

#include <algorithm>

#include "base/ascii.hpp"

namespace private_image {
namespace {

bool consistsOf(std::string_view text, std::string_view others) {
    return !text.empty() && text.size() <= 255 && std::ranges::all_of(text, [&](char c) {
        return isLetterOrDigit(c) || others.find(c) != others.npos;
    });
}

// False if the word is not one of the three, has no value, or comes a second time.
bool readOption(std::string_view word, S3Words& words) {
    const std::size_t length = std::min(word.find('='), word.size());
    const std::string_view name = word.substr(0, length);
    std::string_view* member = name == "region"        ? &words.region
                               : name == "credentials" ? &words.credentials
                               : name == "profile"     ? &words.profile
                                                       : nullptr;
    if (member == nullptr || !member->empty() || length + 1 >= word.size()) {
        return false;
    }
    *member = word.substr(length + 1);
    return true;
}

bool isValidPlace(const S3Words& words, std::string_view place) {
    const bool isPath = words.path.empty() || consistsOf(words.path, "/-._~:");
    return isPath && consistsOf(words.host, ".-_:[]") && !words.path.starts_with("//") &&
           !words.path.starts_with("/:") && place.find("://") == place.npos;
}

}  // namespace

Result<S3Words, std::string> parseS3Words(std::span<const std::string_view> words) {
    S3Words parsed;
    const std::string_view place = words.front();
    parsed.host = place.substr(0, place.find('/'));
    parsed.path = place.substr(parsed.host.size());
    while (parsed.path.ends_with('/')) {
        parsed.path.remove_suffix(1);
    }
    for (const std::string_view word : words.subspan(1)) {
        if (!readOption(word, parsed)) {
            return Error{std::string(word)};
        }
    }
    if (!isValidPlace(parsed, place)) {
        return Error{std::string(place)};
    }
    if (!parsed.region.empty() && !consistsOf(parsed.region, "-_.")) {
        return Error{std::string(parsed.region)};
    }
    if (parsed.profile.find_first_of("[]\r\n") != parsed.profile.npos) {
        return Error{std::string(parsed.profile)};
    }
    return parsed;
}

}  // namespace private_image
