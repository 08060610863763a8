// The AWS credentials file: files that users and tools write are accepted; unclear lines are
// refused with their number.
#include <gtest/gtest.h>

#include <string>

#include "s3/credentials.hpp"

namespace private_image {
namespace {

using Kind = CredentialsProblem::Kind;

constexpr std::string_view plainFile =
    "[default]\naws_access_key_id = AKID\naws_secret_access_key = se/cr+et=\n";

void expectRead(std::string_view text, std::string_view profile, std::string_view id,
                std::string_view secret, std::string_view token = {}) {
    const auto read = parseCredentials(text, profile);
    ASSERT_TRUE(read) << "line " << read.error().line;
    EXPECT_EQ(read->accessKeyId, id);
    EXPECT_EQ(read->secretAccessKey.bytes(), secret);
    EXPECT_EQ(read->sessionToken.bytes(), token);
}

void expectRefused(std::string_view text, Kind kind, std::size_t line,
                   std::string_view profile = "default") {
    const auto read = parseCredentials(text, profile);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().kind, kind) << text;
    EXPECT_EQ(read.error().line, line) << text;
}

TEST(CredentialsFile, IsRefusedWithoutKeys) {
    expectRefused("", Kind::noProfile, 0);
    expectRefused(plainFile, Kind::noProfile, 0, "other");
    expectRefused("[default]\n", Kind::noAccessKeyId, 1);
    expectRefused("\n[default]\naws_secret_access_key=x\n", Kind::noAccessKeyId, 2);
    expectRefused("[default]\naws_access_key_id=x\n", Kind::noSecretAccessKey, 1);
}

TEST(CredentialsFile, IsRefusedWithAnUnclearLine) {
    expectRefused("aws_access_key_id = A\n[default]\n", Kind::outsideProfile, 1);
    expectRefused("[default]\nAKID\n", Kind::notASetting, 2);
    expectRefused("[default]\n= AKID\n", Kind::notASetting, 2);
    expectRefused("[default\n", Kind::notASetting, 1);
    expectRefused("[other]\nnonsense\n[default]\n", Kind::notASetting, 2);
    expectRefused(std::string(plainFile) + "aws_access_key_id = B\n", Kind::duplicateSetting, 4);
    expectRefused(std::string(plainFile) + "aws_secret_access_key = B\n", Kind::duplicateSetting,
                  4);
    expectRefused(std::string(plainFile) + "[default]\n", Kind::duplicateProfile, 4);
}

TEST(CredentialsFile, IsRefusedForValuesThatAreInvalidInHeaders) {
    for (const std::string value : {"", "A B", "A,B", "A/B", "A\tB", "\"\xc3\xbc\"", "A\x01"}) {
        expectRefused("[default]\naws_access_key_id = " + value + "\n", Kind::badValue, 2);
    }
    expectRefused(std::string("[default]\naws_access_key_id = A\0B\n", 34), Kind::badValue, 2);
    expectRefused("[default]\naws_secret_access_key = a b\n", Kind::badValue, 2);
    expectRefused("[default]\naws_session_token = a b\n", Kind::badValue, 2);
    expectRefused("[default]\naws_access_key_id = " + std::string(257, 'A'), Kind::badValue, 2);
    expectRefused("[default]\naws_secret_access_key = " + std::string(1025, 'A'), Kind::badValue,
                  2);
    expectRefused("[default]\naws_session_token = " + std::string(8193, 'A'), Kind::badValue, 2);
}

TEST(CredentialsFile, IsReadAsUsersWriteIt) {
    expectRead(plainFile, "default", "AKID", "se/cr+et=");
    expectRead("[default]\r\naws_access_key_id=A\r\naws_secret_access_key=b\r\n", "default", "A",
               "b");
    expectRead("# above\n\n ; too\n[ default ]\n\tAWS_Access_Key_Id\t=\tA\naws_secret_access_key=b",
               "default", "A", "b");
    expectRead("[default]\naws_access_key_id = A # mine\naws_secret_access_key = b#c;d ; yours\n",
               "default", "A", "b#c;d");
    expectRead("[default] # first\naws_access_key_id=test:tester\naws_secret_access_key=b\n",
               "default", "test:tester", "b");
}

TEST(CredentialsFile, MayHaveOtherProfilesAndSettings) {
    constexpr std::string_view text =
        "[default]\naws_access_key_id=A\naws_secret_access_key=a\nregion = eu\ns3 =\n"
        "  max_concurrent_requests = 20\n"
        "[images]\naws_access_key_id=B\naws_secret_access_key=b\naws_session_token=t/o+k=\n"
        "[profile old]\naws_access_key_id=C\naws_secret_access_key=c\naws_session_token =\n";
    expectRead(text, "default", "A", "a");
    expectRead(text, "images", "B", "b", "t/o+k=");
    expectRead(text, "old", "C", "c");
}

TEST(CredentialsFile, ProblemsNameTheLineAndWhatToWrite) {
    EXPECT_EQ(problemText({Kind::noProfile, 0}, "web"),
              "has no profile [web], write profile=NAME for one that it has");
    EXPECT_EQ(problemText({Kind::outsideProfile, 3}, "web"),
              "is invalid: line 3 is above the first profile, write [web] before it");
    for (const Kind kind : {Kind::notASetting, Kind::duplicateProfile, Kind::duplicateSetting,
                            Kind::badValue, Kind::noAccessKeyId, Kind::noSecretAccessKey}) {
        const std::string text = problemText({kind, 7}, "default");
        EXPECT_TRUE(text.starts_with("is invalid: line 7 ")) << text;
        EXPECT_NE(text.find(", write "), text.npos) << text;
    }
}

}  // namespace
}  // namespace private_image
