// Secrets: they move, they leave nothing behind, they compare.
#include "base/secret.hpp"

#include <gtest/gtest.h>

#include <string>
#include <type_traits>

namespace private_image {
namespace {

static_assert(!std::is_copy_constructible_v<Secret> && !std::is_copy_assignable_v<Secret>);
static_assert(std::is_nothrow_move_constructible_v<Secret>);

TEST(Secret, HoldsItsBytesAlsoThroughMoves) {
    Secret first(std::string("0123456789abcdef\0tail", 21));
    Secret second(std::move(first));
    EXPECT_EQ(second.bytes(), std::string_view("0123456789abcdef\0tail", 21));
    // NOLINTNEXTLINE(bugprone-use-after-move, clang-analyzer-cplusplus.Move): this is tested
    EXPECT_TRUE(first.bytes().empty());

    Secret third(std::string("another secret that is gone"));
    third = std::move(second);
    EXPECT_EQ(third.bytes(), std::string_view("0123456789abcdef\0tail", 21));
    // NOLINTNEXTLINE(bugprone-use-after-move, clang-analyzer-cplusplus.Move)
    EXPECT_TRUE(second.bytes().empty());
}

TEST(Secret, SurvivesBeingAssignedToItself) {
    Secret secret(std::string("0123456789abcdef"));
    Secret& same = secret;
    secret = std::move(same);
    EXPECT_EQ(secret.bytes(), "0123456789abcdef");
}

TEST(Secret, AShortOneLeavesNothingInTheObjectItWasMovedFrom) {
    Secret first(std::string("short"));
    const char* place = first.bytes().data();
    const Secret second(std::move(first));
    // Short strings live inside the object, which still exists.
    EXPECT_EQ(std::string(place, 5), std::string(5, '\0'));
    EXPECT_EQ(second.bytes(), "short");
}

TEST(EqualInConstantTime, ComparesWholeContents) {
    EXPECT_TRUE(equalInConstantTime("", ""));
    EXPECT_TRUE(equalInConstantTime("abc", "abc"));
    EXPECT_FALSE(equalInConstantTime("abc", "abd"));
    EXPECT_FALSE(equalInConstantTime("abc", "Abc"));
    EXPECT_FALSE(equalInConstantTime("abc", "ab"));
    EXPECT_FALSE(equalInConstantTime("", "a"));
    EXPECT_FALSE(equalInConstantTime(std::string_view("a\0b", 3), std::string_view("a\0c", 3)));
}

}  // namespace
}  // namespace private_image
