#include "upload/cloudflare_api/draft.hpp"

#include <algorithm>

#include "base/encoding.hpp"

namespace private_image::upload {
namespace {

// Mark, digest and expiry have a fixed length; the details follow.
constexpr std::size_t digestLength = 22;  // of 16 bytes in base64url
constexpr std::size_t expiryLength = 10;
constexpr std::size_t headLength = 1 + digestLength + expiryLength;

std::string_view bytesOf(const std::array<unsigned char, 16>& digest) {
    return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

}  // namespace

std::string draftText(const Draft& draft, std::string_view detailsJson) {
    std::string text = draft.isPrivate ? "1" : "0";
    text += base64UrlEncode(bytesOf(draft.urlDigest));
    text += std::to_string(draft.expires);
    return text.append(detailsJson);
}

std::optional<Draft> parseDraft(std::string_view text) {
    if (text.size() < headLength) {
        return std::nullopt;
    }
    const auto digest = base64UrlDecode(text.substr(1, digestLength));
    const auto expires = parseUnsigned(text.substr(1 + digestLength, expiryLength), INT64_MAX);
    auto details = parseDetails(text.substr(headLength));
    Draft draft;
    if (!digest || digest->size() != draft.urlDigest.size() || !expires || !details) {
        return std::nullopt;
    }
    draft.isPrivate = text.front() == '1';
    std::ranges::copy(*digest, draft.urlDigest.begin());
    draft.expires = static_cast<std::int64_t>(*expires);
    draft.details = std::move(*details);
    return draft;
}

}  // namespace private_image::upload
