// Hostile input for ImageKit's parsers: it is refused or limited quickly, and never crashes them.
#include <ctime>

#include "imagekit_fixture.hpp"

namespace private_image::imagekit {
namespace {

using ImagekitHostile = Imagekit;

const std::vector<std::string>& words() {
    static const std::vector<std::string> words = {
        "tr:",        "tr=",           "w-100",       "h-0.5",
        "l-image,",   "l-text,",       ",l-end",      "i-a@@b",
        "ie-YQ",      "n-preview",     "orig-true",   "ar-4-3",
        "cm-extract", "x-N4",          "ik-seo/",     "bg-FF0000",
        "dpr-2",      "di-..@@a",      ":",           ",",
        "/",          "if-w_gt_1,",    ",if-else,",   ",if-end",
        "fo-auto",    "n-full",        "f-auto",      "%2e%2e",
        "w-iw_div_2", "lx-bw_mul_0.5", "e-usm",       "e-shadow-bl",
        "e-distort-", "i-ik_canvas",   "pa-1_2_3_4",  "ff-a",
        "w-auto",     "dpr-auto",      "rt-N90",      "r-max",
        "b-1_red",    "cr-red_1_blue", "t-5",         "e-gradient-",
        "ld-top",     "pg-2-3",        "bg-blurred_", "/ik-thumbnail.jpg"};
    return words;
}

TEST_F(ImagekitHostile, garbageDoesNotCrash) {
    std::mt19937 random(7);
    const std::string_view alphabet = "/:,-._@=&%0123456789wharN";
    for (int i = 0; i < 100000; ++i) {
        std::string url;
        for (auto count = random() % 20; count > 0; --count) {
            url += random() % 4 != 0
                       ? words()[random() % words().size()]
                       : std::string(1, random() % 20 == 0 ? static_cast<char>(random())
                                                           : alphabet[random() % alphabet.size()]);
            url += random() % 2 != 0 ? "," : "";
        }
        const auto half = url.size() / 2;
        const auto result = parse(url.substr(0, half), url.substr(half));
        if (result) {
            EXPECT_EQ(pathError(result->path), "") << url;
            EXPECT_LE(result->transform.steps.size(), 16u);
            EXPECT_LE(imageLayers(result->transform).size(), 16u);
            continue;
        }
        EXPECT_TRUE(std::ranges::all_of(result.error().detail,
                                        [](char c) { return c >= 0x20 && c < 0x7f; }));
        EXPECT_LT(result.error().detail.size(), 400u) << result.error().detail;
    }
}

// Mostly valid chains, so that most of them are parsed to the end.
TEST_F(ImagekitHostile, randomChainsHaveACanonicalTextOrAnError) {
    std::mt19937 random(8);
    int read = 0;
    for (int i = 0; i < 50000; ++i) {
        std::string chain;
        for (auto count = 1 + random() % 8; count > 0; --count) {
            chain += words()[random() % words().size()];
            chain += count == 1 ? "" : random() % 5 == 0 ? ":" : ",";
        }
        const auto result = parse("a.jpg", "tr=" + chain);
        if (!result) {
            continue;
        }
        ++read;
        Transform again = result->transform;
        normalise(again);
        EXPECT_EQ(again, result->transform) << chain;
        for (const Layer* layer : imageLayers(result->transform)) {
            EXPECT_EQ(pathError(layer->path), "") << chain;
        }
    }
    EXPECT_GT(read, 500);
}

// Measures processor time, since the machine may be busy. The limit is far above the time needed,
// for slow and instrumented builds; quadratic work on so much text takes seconds.
TEST_F(ImagekitHostile, longInputIsParsedQuickly) {
    const std::size_t length = 100'000;
    const std::vector<std::string> unending = {",",
                                               ":",
                                               "w-1,",
                                               "w-1:",
                                               "@@",
                                               "_",
                                               "a_",
                                               "9",
                                               "N",
                                               "%",
                                               "%41",
                                               "&",
                                               "&tr=",
                                               "/",
                                               "-",
                                               "--",
                                               "_or_",
                                               "_and_",
                                               "w_gt_1_or_",
                                               "w_gt_1_and_",
                                               "l-image,",
                                               "l-image,i-a,l-end,",
                                               "l-text,",
                                               "if-w_gt_1,",
                                               "if-w_gt_1,w-1,if-end:",
                                               "ie-",
                                               "QUJD",
                                               "1_",
                                               "iw_add_",
                                               "_add_",
                                               "bl-1_",
                                               "x-1_",
                                               "n-preview,",
                                               "n-preview:",
                                               "\xc3\xa4",
                                               "\xf0\x9f\x98\x80",
                                               "tr:w-1/",
                                               "ie-/",
                                               "."};
    const std::vector<std::string> beginnings = {"",
                                                 "w-",
                                                 "ar-",
                                                 "x-",
                                                 "cr-",
                                                 "b-",
                                                 "bg-blurred_",
                                                 "di-",
                                                 "e-usm-",
                                                 "e-shadow-bl-",
                                                 "e-gradient-sp-",
                                                 "e-gradient-",
                                                 "if-",
                                                 "if-w_gt_",
                                                 "n-",
                                                 "e-distort-p-",
                                                 "r-",
                                                 "pg-",
                                                 "f-",
                                                 "l-image,i-",
                                                 "l-image,ie-",
                                                 "l-text,i-",
                                                 "l-text,ie-",
                                                 "l-text,i-a,pa-",
                                                 "l-text,i-a,ff-",
                                                 "l-text,i-a,tg-",
                                                 "l-image,i-a,lx-",
                                                 "w-1:l-text,i-a,fs-"};
    for (const std::string& beginning : beginnings) {
        for (const std::string& part : unending) {
            std::string chain = beginning;
            while (chain.size() < length) {
                chain += part;
            }
            const std::clock_t start = std::clock();
            const auto query = parse("a.jpg", "tr=" + chain);
            const auto path = parse("tr:" + chain + ",l-end/a.jpg");
            const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
            EXPECT_LT(seconds, 0.25) << beginning << " and then " << part;
            if (query) {
                EXPECT_LE(canonicalText(query->transform).size(), 100'000u);
            }
        }
    }
}

TEST_F(ImagekitHostile, countsAreLimited) {
    EXPECT_EQ(transform(repeated("w-1", 16)).steps.size(), 16u);
    expectBadChain(repeated("w-1", 17), "more than 16 steps");
    expectBadChain(repeated("dpr-1", 17), "more than 16 steps");
    expectBadChain(repeated("n-large,w-1", 9), "more than 16 steps");
    expectBadChain("l-image,i-a.png:" + repeated("w-1", 16) + ",l-end", "more than 16 steps");
    expectBadChain("if-w_gt_1," + repeated("w-1", 17) + ",if-end", "more than 16 steps");
    expectBadChain("if-w_gt_1," + repeated("w-1", 9) + ",if-else," + repeated("w-1", 9) +
                       ",if-end:" + repeated("w-1", 15),
                   "more than 16 steps");
    expectBadChain(repeated("n-nope", 257, ","), "more than 256 items");
    expectBadChain("w-1" + std::string(100000, ','), "empty item");
    EXPECT_EQ(step(repeated("l-image,i-a.png,l-end", 16, ",")).layers.size(), 16u);
    expectBadChain(repeated("l-image,i-a.png,l-end", 17, ","), "more than 16 layers");
    expectBadChain(repeated("l-text,i-a,l-end", 17), "more than 16");
    expectBadChain("if-" + repeated("w_gt_1", 17, "_or_") + ",w-1,if-end", "option \"if\" must be");
    expectBadChain("w-" + repeated("iw", 17, "_add_"), "option \"w\" must be");
}

TEST_F(ImagekitHostile, nestingIsLimited) {
    const auto nested = [](std::string_view open, std::string_view close, int levels) {
        return repeated(open, levels, ",") + ",w-1" + ',' + repeated(close, levels, ",");
    };
    EXPECT_TRUE(parseStep(nested("l-image,i-a.png", "l-end", 3)));
    expectBadChain(nested("l-image,i-a.png", "l-end", 4), "layers nest more than 3 levels deep");
    EXPECT_TRUE(parseStep(nested("if-w_gt_1", "if-end", 3)));
    expectBadChain(nested("if-w_gt_1", "if-end", 4), "conditions nest more than 3 levels deep");
    expectBadChain(repeated("l-image", 120, ","), "levels deep");
    expectBadChain(repeated("if-w_gt_1", 120, ","), "levels deep");
}

}  // namespace
}  // namespace private_image::imagekit
