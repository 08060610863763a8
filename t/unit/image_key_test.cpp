// Image keys: equal for the same original only.
#include "image_state/image_key.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>

namespace private_image {
namespace {

TEST(ImageKey, IsTheSameForTheSame) {
    EXPECT_EQ(imageKey("example.com", "/img/a.jpg"), imageKey("example.com", "/img/a.jpg"));
}

TEST(ImageKey, EveryByteOfIdentityAndUriCounts) {
    using namespace std::string_literals;
    const std::pair<std::string, std::string> images[] = {
        {"example.com", "/img/a.jpg"},
        {"example.com", "/img/A.jpg"},
        {"example.org", "/img/a.jpg"},
        {"Example.com", "/img/a.jpg"},
        {"", "/img/a.jpg"},
        {"example.com", ""},
        {"", ""},
        {"example.com", "/img/a.jpg "},
        {"", "example.com/img/a.jpg"},
        {"example.com/img", "/a.jpg"},
        {"example.com/", "img/a.jpg"},
        {"example.com/img/a.jpg", ""},
        {"a", "b"},
        {"a\0b"s, ""},
        {"a", "\0b"s},
        {"a\0"s, "b"},
    };
    std::set<ImageKey> keys;
    for (const auto& [identity, uri] : images) {
        keys.insert(imageKey(identity, uri));
    }
    EXPECT_EQ(keys.size(), std::size(images));
}

TEST(ImageKey, HoldsForTextOfAnyLength) {
    const std::string longText(100'000, 'x');
    EXPECT_NE(imageKey("a", longText), imageKey("a", longText + 'x'));
}

}  // namespace
}  // namespace private_image
