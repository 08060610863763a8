#include "dialect/sign_arguments.hpp"

#include <gtest/gtest.h>

namespace private_image {
namespace {

TEST(SignArguments, AreAUrlAndATimeInAnyOrder) {
    const struct {
        std::string_view query;
        std::optional<std::string> url;
        std::optional<std::int64_t> ttl;
    } cases[] = {
        {"", {}, {}},
        {"?url=%2Fimg%2Fa+b.jpg%3Fv%3D2", "/img/a b.jpg?v=2", {}},
        {"?ttl=60", {}, 60},
        {"?ttl=1&url=/a", "/a", 1},
        {"?url=&ttl=3600", "", 3600},
        {"?url=/a?b=c", "/a?b=c", {}},
    };
    for (const auto& [query, url, ttl] : cases) {
        const auto arguments = parseSignArguments(query, 3600);
        ASSERT_TRUE(arguments) << query;
        EXPECT_EQ(arguments->url, url) << query;
        EXPECT_EQ(arguments->ttl, ttl) << query;
    }
}

TEST(SignArguments, AreRefusedWithTheFirstError) {
    const struct {
        std::string_view query, error;
    } cases[] = {
        {"?ttl=0", "ttl= must be a number of seconds from 1 to 3600"},
        {"?ttl=3601", "ttl= must be a number of seconds from 1 to 3600"},
        {"?ttl=-1", "ttl= must be"},
        {"?ttl=1h", "ttl= must be"},
        {"?ttl=", "ttl= must be"},
        {"?ttl=18446744073709551617", "ttl= must be"},
        {"?url=%2", "url= is not percent-encoded"},
        {"?url=%zz&ttl=0", "url= is not percent-encoded"},
        {"?url=/a&url=/b", "unknown argument \"url=/b\""},
        {"?ttl=1&ttl=2", "unknown argument \"ttl=2\""},
        {"?", "unknown argument \"\""},
        {"?width=1", "unknown argument \"width=1\""},
    };
    for (const auto& [query, error] : cases) {
        const auto arguments = parseSignArguments(query, 3600);
        ASSERT_FALSE(arguments) << query;
        EXPECT_TRUE(arguments.error().starts_with(error)) << query << ": " << arguments.error();
    }
}

}  // namespace
}  // namespace private_image
