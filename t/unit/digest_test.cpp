// Digests: the known ones, of any length, from any thread.
#include "access/digest.hpp"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace private_image {
namespace {

// FIPS 180-2, appendix B.
constexpr const char* ofNothing =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr const char* ofAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr const char* ofAMillion =
    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

TEST(Digest, IsTheStandardsOwn) {
    EXPECT_EQ(sha256Hex(""), ofNothing);
    EXPECT_EQ(sha256Hex("abc"), ofAbc);
    EXPECT_EQ(sha256Hex(std::string(1'000'000, 'a')), ofAMillion);
    const unsigned char bytes[] = {'a', 'b', 'c'};
    EXPECT_EQ(sha256Hex(bytes), ofAbc);
}

TEST(Digest, OfPartsIsThatOfTheWhole) {
    EXPECT_EQ(sha256({"a", "", "bc"}), sha256("abc"));
    EXPECT_EQ(sha256({}), sha256(""));
    EXPECT_EQ(sha256("abc")[0], 0xba);
}

TEST(Digest, ThreadsDoNotMeet) {
    std::vector<std::thread> threads;
    std::vector<int> differing(4);
    for (int& count : differing) {
        threads.emplace_back([&count] {
            for (int i = 0; i < 2000; ++i) {
                count += sha256Hex("abc") != ofAbc || sha256Hex("") != ofNothing;
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    EXPECT_EQ(differing, std::vector<int>(4, 0));
}

TEST(Sha256Stream, EqualsTheDigestOfTheWholeBesideOtherDigests) {
    const std::string text(100'000, 'x');
    for (const std::size_t piece : {std::size_t{1}, std::size_t{63}, std::size_t{64'000}}) {
        Sha256Stream stream;
        for (std::size_t begin = 0; begin < text.size(); begin += piece) {
            stream.add(std::string_view(text).substr(begin, piece));
            sha256Hex(std::string_view("another"));
        }
        EXPECT_EQ(stream.hex(), sha256Hex(std::string_view(text)));
    }
    EXPECT_EQ(Sha256Stream().hex(), sha256Hex(std::string_view()));
}

}  // namespace
}  // namespace private_image
