// Key files, and finding the key of a digest.
#include "access/key_ring.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "one_shot_hmac.hpp"

namespace private_image {
namespace {

constexpr std::string_view alphaKey = "alpha-0123456789abcdef";
constexpr std::string_view betaKey = "beta-0123456789abcdef";

Key keyOf(std::string_view bytes, std::string name = "name.key") {
    auto key = keyFromFile(std::string(bytes), std::move(name));
    EXPECT_TRUE(key);
    return std::move(*key);
}

std::string sha256(std::string_view key, std::string_view text) {
    return oneShotHmac(EVP_sha256(), key, text);
}

KeyRing ringOf(std::vector<std::string_view> keys) {
    KeyRing ring(KeyRing::Digest::sha256);
    for (const std::string_view key : keys) {
        EXPECT_TRUE(ring.add(keyOf(key, std::string(key.substr(0, 5)))));
    }
    return ring;
}

TEST(KeyFromFile, StripsExactlyOneNewline) {
    EXPECT_EQ(keyOf("0123456789abcdef").bytes.bytes(), "0123456789abcdef");
    EXPECT_EQ(keyOf("0123456789abcdef\n").bytes.bytes(), "0123456789abcdef");
    EXPECT_EQ(keyOf("0123456789abcdef\n\n").bytes.bytes(), "0123456789abcdef\n");
    EXPECT_EQ(keyOf("\n0123456789abcdef").bytes.bytes(), "\n0123456789abcdef");
    EXPECT_EQ(keyOf("0123456789abcdef\r\n").bytes.bytes(), "0123456789abcdef\r");
}

TEST(KeyFromFile, KeepsEveryOtherByte) {
    const std::string bytes("\0\xff \t0123456789abcdef\x01", 21);
    EXPECT_EQ(keyOf(bytes + "\n").bytes.bytes(), bytes);
    EXPECT_EQ(keyOf(bytes, "img.key").name, "img.key");
}

TEST(KeyFromFile, ReportsABlankAtTheEnd) {
    EXPECT_FALSE(keyOf("0123456789abcdef").endsInBlank);
    EXPECT_FALSE(keyOf("0123456789abcdef\n").endsInBlank);
    EXPECT_TRUE(keyOf("0123456789abcdef\r\n").endsInBlank);
    EXPECT_TRUE(keyOf("0123456789abcdef\r").endsInBlank);
    EXPECT_TRUE(keyOf("0123456789abcdef \n").endsInBlank);
    EXPECT_TRUE(keyOf("0123456789abcdef\t").endsInBlank);
    EXPECT_TRUE(keyOf("0123456789abcdef\n\n").endsInBlank);
    EXPECT_FALSE(keyOf(" 0123456789 abcdef").endsInBlank);
}

TEST(KeyFromFile, RefusesKeysThatAreTooShortOrTooLong) {
    const auto problem = [](std::string content) { return keyFromFile(content, "k").error(); };
    EXPECT_EQ(problem(""), KeyProblem::empty);
    EXPECT_EQ(problem("\n"), KeyProblem::empty);
    EXPECT_EQ(problem("\n\n"), KeyProblem::tooShort);
    EXPECT_EQ(problem("x"), KeyProblem::tooShort);
    EXPECT_EQ(problem(std::string(15, 'x')), KeyProblem::tooShort);
    EXPECT_EQ(problem(std::string(15, 'x') + "\n"), KeyProblem::tooShort);
    EXPECT_TRUE(keyFromFile(std::string(16, 'x'), "k"));
    EXPECT_TRUE(keyFromFile(std::string(4096, 'x'), "k"));
    EXPECT_TRUE(keyFromFile(std::string(4096, 'x') + "\n", "k"));
    EXPECT_EQ(problem(std::string(4097, 'x')), KeyProblem::tooLong);
    EXPECT_EQ(problem(std::string(4097, 'x') + "\n"), KeyProblem::tooLong);
}

TEST(KeyFromFile, ErrorsNameTheValidContent) {
    for (const KeyProblem problem :
         {KeyProblem::empty, KeyProblem::tooShort, KeyProblem::tooLong}) {
        EXPECT_NE(problemText(problem).find(", write "), std::string_view::npos);
    }
}

TEST(KeyRing, AnEmptyRingMatchesNothing) {
    const KeyRing ring(KeyRing::Digest::sha256);
    EXPECT_TRUE(ring.empty());
    EXPECT_EQ(ring.match("text", sha256(alphaKey, "text")), -1);
    EXPECT_EQ(ring.match("", ""), -1);
}

TEST(KeyRing, MatchesAPublishedVector) {
    // RFC 4231, test case 6: a key longer than the block of the hash.
    KeyRing ring(KeyRing::Digest::sha256);
    ASSERT_TRUE(ring.add(keyOf(std::string(131, '\xaa'))));
    EXPECT_EQ(ring.match("Test Using Larger Than Block-Size Key - Hash Key First",
                         "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"),
              0);
    // RFC 2202, test case 6.
    KeyRing sha1Ring(KeyRing::Digest::sha1);
    ASSERT_TRUE(sha1Ring.add(keyOf(std::string(80, '\xaa'))));
    EXPECT_EQ(sha1Ring.match("Test Using Larger Than Block-Size Key - Hash Key First",
                             "aa4ae5e15272d00e95705637ce8a3b55ed402112"),
              0);
}

TEST(KeyRing, ReturnsTheMatchingKey) {
    const KeyRing ring = ringOf({alphaKey, betaKey});
    EXPECT_FALSE(ring.empty());
    EXPECT_EQ(ring.match("text", sha256(alphaKey, "text")), 0);
    EXPECT_EQ(ring.match("text", sha256(betaKey, "text")), 1);
    EXPECT_EQ(ring.match("text", sha256("gamma-0123456789abcdef", "text")), -1);
    EXPECT_EQ(ring.nameOf(0), "alpha");
    EXPECT_EQ(ring.nameOf(1), "beta-");
}

TEST(KeyRing, TheFirstOfTwoEqualKeysMatches) {
    const KeyRing ring = ringOf({betaKey, alphaKey, alphaKey});
    EXPECT_EQ(ring.match("text", sha256(alphaKey, "text")), 1);
}

TEST(KeyRing, CallsDoNotAffectEachOther) {
    const KeyRing ring = ringOf({alphaKey, betaKey});
    std::string text;
    for (int round = 0; round < 300; ++round) {
        EXPECT_EQ(ring.match(text, sha256(alphaKey, text)), 0) << round;
        EXPECT_EQ(ring.match(text, sha256(betaKey, text)), 1) << round;
        EXPECT_EQ(ring.match(text, sha256(alphaKey, text + "x")), -1) << round;
        EXPECT_EQ(ring.match(text + "x", sha256(alphaKey, text)), -1) << round;
        text += static_cast<char>(round);
    }
}

TEST(KeyRing, OnlyTheExactLowerCaseDigestMatches) {
    const KeyRing ring = ringOf({alphaKey});
    const std::string genuine = sha256(alphaKey, "text");
    EXPECT_EQ(ring.match("text", ""), -1);
    EXPECT_EQ(ring.match("text", genuine.substr(0, 40)), -1);
    EXPECT_EQ(ring.match("text", genuine.substr(0, 63)), -1);
    EXPECT_EQ(ring.match("text", genuine + "0"), -1);
    EXPECT_EQ(ring.match("text", std::string(64, '0')), -1);
    std::string upper = genuine;
    for (char& c : upper) {
        c = c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c;
    }
    EXPECT_EQ(ring.match("text", upper), -1);
    EXPECT_EQ(ring.match("text", genuine), 0);
}

TEST(KeyRing, OneKindOfDigestDoesNotMatchTheOther) {
    KeyRing ring(KeyRing::Digest::sha1);
    ASSERT_TRUE(ring.add(keyOf(alphaKey)));
    EXPECT_EQ(ring.match("text", sha256(alphaKey, "text")), -1);
    EXPECT_EQ(ring.match("text", sha256(alphaKey, "text").substr(0, 40)), -1);
    EXPECT_EQ(ring.match("text", oneShotHmac(EVP_sha1(), alphaKey, "text")), 0);
}

TEST(KeyRing, SignsWithTheRequestedKey) {
    const KeyRing ring = ringOf({alphaKey, betaKey});
    EXPECT_EQ(ring.sign(0, "text"), sha256(alphaKey, "text"));
    EXPECT_EQ(ring.sign(1, "text"), sha256(betaKey, "text"));
    EXPECT_EQ(ring.sign(1, ""), sha256(betaKey, ""));
    EXPECT_THROW(ring.sign(2, "text"), std::out_of_range);
}

TEST(KeyRing, SignsWithThePrimaryKeyOrTheLast) {
    KeyRing ring = ringOf({alphaKey});
    EXPECT_EQ(ring.primary(), 0u);
    ASSERT_TRUE(ring.add(keyOf(betaKey)));
    EXPECT_EQ(ring.primary(), 1u);
    ASSERT_TRUE(ring.add(keyOf("gamma-0123456789abcdef"), true));
    ASSERT_TRUE(ring.add(keyOf("delta-0123456789abcdef")));
    EXPECT_EQ(ring.primary(), 2u);
}

TEST(KeyRing, WorksAfterAMoveAndWithoutTheKeys) {
    KeyRing first(KeyRing::Digest::sha256);
    {
        const Key key = keyOf(alphaKey);
        ASSERT_TRUE(first.add(key));
    }
    KeyRing second(std::move(first));
    EXPECT_EQ(second.match("text", sha256(alphaKey, "text")), 0);
    KeyRing third(KeyRing::Digest::sha1);
    third = std::move(second);
    EXPECT_EQ(third.match("text", sha256(alphaKey, "text")), 0);
    ASSERT_TRUE(third.add(keyOf(betaKey)));
    EXPECT_EQ(third.match("text", sha256(betaKey, "text")), 1);
}

}  // namespace
}  // namespace private_image
