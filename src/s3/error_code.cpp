// The codes are those of AWS' list of error responses; Ceph, MinIO, Swift and the others use the
// same words.
#include "s3/error_code.hpp"

#include <algorithm>

#include "base/ascii.hpp"

namespace private_image {
namespace {

constexpr std::size_t maxCodeLength = 64;

struct Sentence {
    std::string_view code, text;
};

constexpr Sentence sentences[] = {
    {"SignatureDoesNotMatch",
     "the secret key, the region or HOST is incorrect, or another path than "
     "$private_image_s3_path was sent"},
    {"InvalidAccessKeyId", "the storage does not know the access key"},
    {"InvalidToken", "the session token is not valid"},
    {"ExpiredToken", "the session token has expired, renew the credentials file"},
    {"TokenRefreshRequired", "the session token has expired, renew the credentials file"},
    {"RequestTimeTooSkewed", "the clocks of this machine and of the storage differ"},
    {"RequestExpired", "the clocks of this machine and of the storage differ"},
    {"AuthorizationHeaderMalformed", "the region is incorrect, or the access key is malformed"},
    {"AuthorizationQueryParametersError", "the region is incorrect"},
    {"IllegalLocationConstraintException", "the region is incorrect"},
    {"InvalidSecurity", "the credentials are not valid"},
    {"AccountProblem", "the account has a problem"},
    {"AllAccessDisabled", "the bucket is disabled"},
    {"NoSuchBucket", "there is no such bucket"},
    {"PermanentRedirect", "the bucket is in another region"},
    {"TemporaryRedirect", "the bucket is in another region"},
    {"InvalidObjectState", "the object is archived"},
};

}  // namespace

std::string storageErrorCode(std::string_view body) {
    constexpr std::string_view opening = "<Code>";
    const std::size_t error = body.find("<Error");
    const std::size_t start = body.find(opening, std::min(error, body.size()));
    if (start == std::string_view::npos) {
        return {};
    }
    std::string_view code = body.substr(start + opening.size());
    code = code.substr(0, code.find("</Code>"));
    const bool isWord = code.size() <= maxCodeLength &&
                        code.size() + opening.size() + start < body.size() &&
                        std::all_of(code.begin(), code.end(), isLetterOrDigit);
    return isWord ? std::string(code) : std::string();
}

bool meansMissing(std::string_view code) {
    return code == "NoSuchKey" || code == "AccessDenied" || code == "NoSuchVersion" ||
           code == "KeyTooLongError";
}

std::string_view storageErrorText(std::string_view code) {
    for (const Sentence& sentence : sentences) {
        if (sentence.code == code) {
            return sentence.text;
        }
    }
    return {};
}

}  // namespace private_image
