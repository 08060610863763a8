#include <gtest/gtest.h>

#include <vector>

#include "s3/directive.hpp"

namespace private_image {
namespace {

using Words = std::vector<std::string_view>;

TEST(S3Directive, TakesTheWordsApartInAnyOrder) {
    const Words words{"bucket.s3.example.com/a/b//", "profile=web", "credentials=/etc/s3 file",
                      "region=eu-central-1"};
    const auto parsed = parseS3Words(words);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->host, "bucket.s3.example.com");
    EXPECT_EQ(parsed->path, "/a/b");
    EXPECT_EQ(parsed->region, "eu-central-1");
    EXPECT_EQ(parsed->credentials, "/etc/s3 file");
    EXPECT_EQ(parsed->profile, "web");
}

TEST(S3Directive, AcceptsHostsWithPortsAndAddresses) {
    for (const char* place :
         {"localhost:9000", "[::1]:9000/bucket", "127.0.0.1", "h/a~b:c", "h/"}) {
        EXPECT_TRUE(parseS3Words(Words{place})) << place;
    }
}

TEST(S3Directive, NamesTheInvalidWord) {
    const std::string longHost(256, 'a');
    const struct {
        Words words;
        std::string_view invalid;
    } cases[] = {
        {{""}, ""},
        {{"https://h"}, "https://h"},
        {{"h//b"}, "h//b"},
        {{"h/:b"}, "h/:b"},
        {{"h/b?c"}, "h/b?c"},
        {{"h h"}, "h h"},
        {{longHost}, longHost},
        {{"h", "region"}, "region"},
        {{"h", "region="}, "region="},
        {{"h", ""}, ""},
        {{"h", "=x"}, "=x"},
        {{"h", "bucket=x"}, "bucket=x"},
        {{"h", "region=a", "region=b"}, "region=b"},
        {{"h", "region=a/b"}, "a/b"},
        {{"h", "profile=[x]"}, "[x]"},
        {{"h", "profile=a\nb"}, "a\nb"},
    };
    for (const auto& [words, invalid] : cases) {
        const auto parsed = parseS3Words(words);
        ASSERT_FALSE(parsed) << invalid;
        EXPECT_EQ(parsed.error(), invalid);
    }
}

}  // namespace
}  // namespace private_image
