// Error codes of S3, from the XML body of an answer.
#pragma once

#include <string>
#include <string_view>

namespace private_image {

// The text of <Code> in an <Error>; empty without one, or if it has other characters than letters
// and digits or is longer than 64 bytes. `body` may be cut off at its end.
std::string storageErrorCode(std::string_view body);

// True for codes that mean a missing object. AccessDenied is one of them: S3 sends it for a missing
// object if the credentials do not permit to list the bucket.
bool meansMissing(std::string_view code);

// The cause of a refused signature, of refused credentials or of an unusable bucket, for the log;
// empty for other codes.
std::string_view storageErrorText(std::string_view code);

}  // namespace private_image
