// What a variant may be called.
#include "transform/variants.hpp"

#include <gtest/gtest.h>

namespace private_image {
namespace {

TEST(VariantNames, areWhatBothGrammarsCarry) {
    for (const auto* name : {"a", "public", "og_image", "card-2x", "v1.2", "A0", "..."}) {
        EXPECT_TRUE(isVariantName(name)) << name;
    }
    EXPECT_TRUE(isVariantName(std::string(99, 'x')));
}

TEST(VariantNames, areNothingElse) {
    for (const auto* name :
         {"", "a b", "a=b", "a,b", "a:b", "a/b", "caf\xc3\xa9", "a%20", ".", "..", "a\n"}) {
        EXPECT_FALSE(isVariantName(name)) << name;
    }
    EXPECT_FALSE(isVariantName(std::string(100, 'x')));
    EXPECT_FALSE(isVariantName(std::string_view("a\0b", 3)));
}

}  // namespace
}  // namespace private_image
