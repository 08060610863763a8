// The best formats for an Accept.
#include "transform/negotiation.hpp"

#include <gtest/gtest.h>

#include <array>
#include <random>

namespace private_image {
namespace {

using Formats = std::vector<Format>;

constexpr std::array candidates = {Format::avif, Format::webp};

Formats accepted(std::string_view accept) {
    return acceptedFormats(accept, candidates);
}

TEST(Negotiation, namedTypesCountWildcardsDoNot) {
    EXPECT_EQ(accepted("image/avif,image/webp,*/*"), (Formats{Format::avif, Format::webp}));
    EXPECT_EQ(accepted("image/webp,image/*,*/*;q=0.8"), (Formats{Format::webp}));
    EXPECT_EQ(accepted("image/*,*/*"), Formats{});
    EXPECT_EQ(accepted(""), Formats{});
    EXPECT_EQ(accepted("text/html"), Formats{});
}

TEST(Negotiation, ordersByWeightThenByCandidate) {
    EXPECT_EQ(accepted("image/webp, image/avif"), (Formats{Format::avif, Format::webp}));
    EXPECT_EQ(accepted("image/avif;q=0.5, image/webp;q=0.9"),
              (Formats{Format::webp, Format::avif}));
    EXPECT_EQ(accepted("image/avif;q=0.899,image/webp;q=.9"), (Formats{Format::avif}));
    EXPECT_EQ(accepted("image/avif;q=0.001,image/webp;q=1.000"),
              (Formats{Format::webp, Format::avif}));
}

TEST(Negotiation, zeroOrMalformedWeightRefuses) {
    for (const auto* weight : {"0", "0.", "0.0", "0.000", "1.001", "2", "1.1", "-1", "", " ", "x",
                               "0.1234", "0,5", "1e0", "0.5x", "00", "1 1", "\"1\""}) {
        EXPECT_EQ(accepted(std::string("image/avif;q=") + weight), Formats{}) << weight;
    }
    EXPECT_EQ(accepted("image/avif;q=1."), (Formats{Format::avif}));
}

TEST(Negotiation, caseBlanksAndOtherParametersDoNotMatter) {
    EXPECT_EQ(accepted("IMAGE/Avif"), (Formats{Format::avif}));
    EXPECT_EQ(accepted(" \timage/avif ; level=1 ; Q=0.5 ,, image/webp"),
              (Formats{Format::webp, Format::avif}));
    EXPECT_EQ(accepted("image/avif;note=\"a,image/webp\";q=0.3"), (Formats{Format::avif}));
    EXPECT_EQ(accepted("image/avif;note=\"\\\",image/webp"), (Formats{Format::avif}));
    EXPECT_EQ(accepted("image/avif2,ximage/avif,image/avi"), Formats{});
}

TEST(Negotiation, readsNoMoreThanSixtyFourRanges) {
    std::string accept;
    for (int i = 0; i < 64; ++i) {
        accept += "a/b,";
    }
    EXPECT_EQ(accepted(accept + "image/avif"), Formats{});
    EXPECT_EQ(accepted(accept.substr(4) + "image/avif"), (Formats{Format::avif}));
}

TEST(Negotiation, garbageDoesNotCrash) {
    std::mt19937 random(1);
    const std::string_view alphabet = "image/avif,;q=01.\"\\ \t*w";
    for (int i = 0; i < 20000; ++i) {
        std::string accept(random() % 40, ' ');
        for (char& c : accept) {
            c = random() % 20 == 0 ? static_cast<char>(random())
                                   : alphabet[random() % alphabet.size()];
        }
        EXPECT_LE(accepted(accept).size(), 2u);
    }
}

}  // namespace
}  // namespace private_image
