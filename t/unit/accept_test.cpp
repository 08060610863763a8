#include "base/accept.hpp"

#include <gtest/gtest.h>

#include <string>

namespace private_image {
namespace {

TEST(Accept, WeighsATypeThatIsNamed) {
    const struct {
        std::string_view accept;
        int weight;
    } cases[] = {
        {"text/html", 1000},
        {"TEXT/HTML", 1000},
        {" text/html ;level=1; Q=0.25 ", 250},
        {"text/plain, text/html;q=0.5", 500},
        {"text/html;q=0.1, text/html;q=0.9", 900},
        {"text/html;x=\",;\";q=0.3", 300},
        {"text/html;q=1.000", 1000},
        {"text/html;q=0", 0},
        {"text/html;q=1.5", 0},
        {"text/html;q=.5", 0},
        {"text/html;q=0.1234", 0},
        {"text/html;q=", 0},
        {"text/html;q=-1", 0},
        {"*/*", 0},
        {"text/*", 0},
        {"text/htmlx", 0},
        {"", 0},
    };
    for (const auto& [accept, weight] : cases) {
        EXPECT_EQ(weightOfType(parseAccept(accept), "text/html"), weight) << accept;
    }
}

TEST(Accept, ReadsABoundedNumberOfRanges) {
    std::string accept;
    for (int i = 0; i < 100; i++) {
        accept += "a/b,";
    }
    EXPECT_EQ(parseAccept(accept).size(), 64u);
    EXPECT_EQ(weightOfType(parseAccept(accept + "text/html"), "text/html"), 0);
}

}  // namespace
}  // namespace private_image
