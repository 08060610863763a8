// The credentials of a profile, from the text of an AWS credentials file. Knows neither files nor
// how requests are signed.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/secret.hpp"

namespace private_image {

struct Credentials {
    std::string accessKeyId;  // no secret: it stands in every signed request
    Secret secretAccessKey;
    Secret sessionToken;  // empty: none
};

struct CredentialsProblem {
    enum class Kind {
        notASetting,       // neither a comment, nor [PROFILE], nor NAME = VALUE
        outsideProfile,    // a setting above the first [PROFILE]
        duplicateProfile,  // the profile stands there twice
        duplicateSetting,  // one of the three settings stands there twice
        badValue,          // blanks or other bytes that cannot be part of the value, or too long
        noProfile,         // line 0: the whole file
        noAccessKeyId,     // these two: the line of the profile
        noSecretAccessKey,
    };
    Kind kind;
    std::size_t line;  // from 1
};

// What is invalid and what to write instead: "is invalid: line 3 sets …". `profile` is the one that
// was looked for.
std::string problemText(const CredentialsProblem& problem, std::string_view profile);

// "[default]" and the like; "[profile x]", which other files of AWS have, is read as "[x]". Blank
// lines, comments (# or ;), settings of other names and other profiles are passed over.
Result<Credentials, CredentialsProblem> parseCredentials(std::string_view text,
                                                         std::string_view profile);

}  // namespace private_image
