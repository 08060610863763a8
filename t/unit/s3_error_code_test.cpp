// What S3's errors say: the code is found in the beginning of a body, and nothing else passes for
// one.
#include <gtest/gtest.h>

#include "s3/error_code.hpp"

namespace private_image {
namespace {

TEST(StorageErrorCode, IsTheWordInCode) {
    EXPECT_EQ(storageErrorCode("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>"
                               "<Code>NoSuchKey</Code><Message>The specified key"),
              "NoSuchKey");
    EXPECT_EQ(storageErrorCode("<Error xmlns=\"http://s3.amazonaws.com/\">\n  "
                               "<Code>AccessDenied</Code>"),
              "AccessDenied");
}

TEST(StorageErrorCode, IsNothingElse) {
    for (const std::string_view body :
         {"", "<html><Code>NoSuchKey</Code>", "<Error><Code>NoSuchKey", "<Error><Code></Code>",
          "<Error></Error>", "<Code>NoSuchKey</Code><Error>", "<Error><Code>a b</Code>",
          "<Error><Code>x\nfaked line</Code>", "no such file"}) {
        EXPECT_EQ(storageErrorCode(body), "") << body;
    }
    EXPECT_EQ(storageErrorCode("<Error><Code>" + std::string(65, 'A') + "</Code>"), "");
}

TEST(StorageErrorCode, DistinguishesMissingFromRefused) {
    for (const std::string_view code : {"NoSuchKey", "AccessDenied", "KeyTooLongError"}) {
        EXPECT_TRUE(meansMissing(code)) << code;
    }
    for (const std::string_view code :
         {"", "SignatureDoesNotMatch", "InvalidAccessKeyId", "ExpiredToken", "RequestTimeTooSkewed",
          "NoSuchBucket", "SlowDown", "InternalError", "nosuchkey"}) {
        EXPECT_FALSE(meansMissing(code)) << code;
    }
}

TEST(StorageErrorCode, IsExplainedWhereTheOperatorCanRepairIt) {
    EXPECT_NE(storageErrorText("ExpiredToken").find("credentials file"), std::string_view::npos);
    EXPECT_NE(storageErrorText("RequestTimeTooSkewed").find("clocks"), std::string_view::npos);
    EXPECT_EQ(storageErrorText("SlowDown"), "");
}

}  // namespace
}  // namespace private_image
