// What an error of S3 says, by the code in its XML body. Knows neither statuses nor answers.
#pragma once

#include <string>
#include <string_view>

namespace private_image {

// The text of <Code> in an <Error>; empty where there is none, or where it is no word of letters
// and digits. `body` may be the beginning of one.
std::string storageErrorCode(std::string_view body);

// True for the codes by which S3 says that there is no such object: also AccessDenied, with which
// it answers for a missing one who may not list the bucket.
bool meansMissing(std::string_view code);

// For the log: what is wrong where a request was refused for its signature, its credentials or its
// bucket; empty for other codes.
std::string_view whatIsWrong(std::string_view code);

}  // namespace private_image
