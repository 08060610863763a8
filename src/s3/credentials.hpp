// The credentials of a profile, from the text of an AWS credentials file.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/secret.hpp"

namespace private_image {

struct Credentials {
    std::string accessKeyId;  // not secret: every signed request contains it
    Secret secretAccessKey;
    Secret sessionToken;  // empty without a token
};

struct CredentialsProblem {
    enum class Kind {
        notASetting,       // neither a comment, nor [PROFILE], nor NAME = VALUE
        outsideProfile,    // a setting above the first [PROFILE]
        duplicateProfile,  // the profile occurs twice
        duplicateSetting,  // one of the three settings occurs twice
        badValue,          // too long, or contains blanks or other invalid bytes
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

// `profile`: the name in "[default]". "[profile x]", the form of AWS' config files, is read as
// "[x]". Blank lines, comments (# or ;), settings with other names and other profiles are ignored.
Result<Credentials, CredentialsProblem> parseCredentials(std::string_view text,
                                                         std::string_view profile);

}  // namespace private_image
