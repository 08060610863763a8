// Claims and verdicts: the signature in a raw target of either dialect, and whether it is valid.
#include "access/signature.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "dialect/cloudflare/cloudflare.hpp"
#include "dialect/imagekit/imagekit.hpp"
#include "one_shot_hmac.hpp"

namespace private_image {
namespace {

using Shape = SignatureClaim::Shape;

constexpr std::string_view keyText = "0123456789abcdef0123456789abcdef";
constexpr std::string_view otherKeyText = "fedcba9876543210fedcba9876543210";
constexpr std::int64_t now = 1767225600;

KeyRing ringOf(KeyRing::Digest digest, const std::vector<std::string_view>& keys) {
    KeyRing ring(digest);
    for (const std::string_view key : keys) {
        EXPECT_TRUE(ring.add(*keyFromFile(std::string(key), "test.key")));
    }
    return ring;
}

// ---- verdicts ----

class Verify : public testing::Test {
protected:
    static SignatureClaim genuine(std::int64_t expires) {
        return {.shape = Shape::present,
                .signedText = "text",
                .digest = oneShotHmac(EVP_sha256(), keyText, "text"),
                .expires = expires};
    }

    SignatureVerdict judge(const SignatureClaim& claim, std::int64_t maxExpiry = 0) const {
        return verify(claim, ring_, now, maxExpiry);
    }

    KeyRing ring_ = ringOf(KeyRing::Digest::sha256, {otherKeyText, keyText});
};

TEST_F(Verify, WithoutAClaimTheVerdictIsNone) {
    const SignatureVerdict verdict = judge({});
    EXPECT_EQ(verdict.signature, Signature::none);
    EXPECT_EQ(verdict.key, -1);
    EXPECT_FALSE(verdict.expiryTooFar);
}

TEST_F(Verify, AMalformedClaimIsBadEvenIfItsDigestWouldMatch) {
    SignatureClaim claim = genuine(now + 10);
    claim.shape = Shape::malformed;
    const SignatureVerdict verdict = judge(claim);
    EXPECT_EQ(verdict.signature, Signature::bad);
    EXPECT_EQ(verdict.key, -1);
    EXPECT_EQ(verdict.expires, 0);
}

TEST_F(Verify, AGenuineClaimIsValidAndNamesItsKey) {
    const SignatureVerdict verdict = judge(genuine(now + 10));
    EXPECT_EQ(verdict.signature, Signature::valid);
    EXPECT_EQ(verdict.key, 1);
    EXPECT_EQ(verdict.expires, now + 10);
    EXPECT_FALSE(verdict.expiryTooFar);
}

TEST_F(Verify, TheLastSecondStillCounts) {
    EXPECT_EQ(judge(genuine(now)).signature, Signature::valid);
    const SignatureVerdict late = judge(genuine(now - 1));
    EXPECT_EQ(late.signature, Signature::expired);
    EXPECT_EQ(late.key, 1);
    EXPECT_EQ(late.expires, now - 1);
}

TEST_F(Verify, ZeroNeverExpires) {
    const SignatureVerdict verdict = judge(genuine(0));
    EXPECT_EQ(verdict.signature, Signature::valid);
    EXPECT_EQ(verdict.expires, 0);
}

TEST_F(Verify, AForgedClaimThatHasExpiredIsBad) {
    SignatureClaim claim = genuine(now - 1);
    claim.digest = oneShotHmac(EVP_sha256(), "gamma-key-0123456789", "text");
    EXPECT_EQ(judge(claim).signature, Signature::bad);
    EXPECT_EQ(judge(claim).key, -1);
}

TEST_F(Verify, WithoutKeysEveryClaimIsBad) {
    const KeyRing none(KeyRing::Digest::sha256);
    EXPECT_EQ(verify(genuine(now + 10), none, now, 0).signature, Signature::bad);
    EXPECT_EQ(verify({}, none, now, 0).signature, Signature::none);
}

TEST_F(Verify, AMaxExpiryAllowsAMinuteOfClockDifference) {
    EXPECT_EQ(judge(genuine(now + 3600), 3600).signature, Signature::valid);
    EXPECT_EQ(judge(genuine(now + 3660), 3600).signature, Signature::valid);
    const SignatureVerdict verdict = judge(genuine(now + 3661), 3600);
    EXPECT_EQ(verdict.signature, Signature::bad);
    EXPECT_TRUE(verdict.expiryTooFar);
    EXPECT_EQ(verdict.key, 1);
    EXPECT_EQ(verdict.expires, now + 3661);
}

TEST_F(Verify, AMaxExpiryRefusesUrlsThatNeverExpire) {
    const SignatureVerdict verdict = judge(genuine(0), 3600);
    EXPECT_EQ(verdict.signature, Signature::bad);
    EXPECT_TRUE(verdict.expiryTooFar);
    EXPECT_EQ(verdict.key, 1);
}

TEST_F(Verify, AMaxExpiryDoesNotAffectForgedOrExpiredClaims) {
    SignatureClaim forged = genuine(now + 999999);
    forged.signedText = "other";
    EXPECT_EQ(judge(forged, 3600).signature, Signature::bad);
    EXPECT_FALSE(judge(forged, 3600).expiryTooFar);
    EXPECT_EQ(judge(genuine(now - 1), 3600).signature, Signature::expired);
    EXPECT_FALSE(judge(genuine(now - 1), 3600).expiryTooFar);
}

TEST_F(Verify, AHugeMaxExpiryDoesNotOverflow) {
    EXPECT_EQ(judge(genuine(999999999999), INT64_MAX).signature, Signature::valid);
}

TEST(SignatureWord, NamesEveryVerdict) {
    EXPECT_EQ(signatureWord(Signature::none), "none");
    EXPECT_EQ(signatureWord(Signature::valid), "valid");
    EXPECT_EQ(signatureWord(Signature::bad), "bad");
    EXPECT_EQ(signatureWord(Signature::expired), "expired");
}

// ---- cloudflare ----

const std::string cfDigest(64, 'a');
constexpr std::string_view cfPrefix = "/hash/";

SignatureClaim cloudflareClaim(const std::string& target) {
    return cloudflare::readSignature(target, cfPrefix);
}

TEST(CloudflareSignature, IsAbsentWithoutADigest) {
    for (const char* target : {"/hash/id/card", "/hash/id/card?", "/hash/id/card?exp=1767522872",
                               "/hash/id/card?exp=x", "/hash/id/card?exp=1&exp=2", "/elsewhere", "",
                               "/hash/sig=a/card", "/hash/id/card#x", "/hash/id&sig=a/card"}) {
        EXPECT_EQ(cloudflareClaim(target).shape, Shape::absent) << target;
    }
}

TEST(CloudflareSignature, NamesAreComparedRawAndCaseSensitively) {
    for (const char* name : {"Sig", "SIG", "%73ig", "si%67", "sig%20", "+sig", " sig", "xsig",
                             "sigx", "amp;sig", "?sig", "sig[]"}) {
        const std::string target = "/hash/id/card?" + std::string(name) + "=" + cfDigest;
        EXPECT_EQ(cloudflareClaim(target).shape, Shape::absent) << target;
    }
    // An expiry of another name is an ordinary signed parameter, not an expiry.
    const auto claim = cloudflareClaim("/hash/id/card?Exp=5&sig=" + cfDigest);
    EXPECT_EQ(claim.shape, Shape::present);
    EXPECT_EQ(claim.expires, 0);
    EXPECT_EQ(claim.signedText, "/hash/id/card?Exp=5");
}

TEST(CloudflareSignature, SignsTheRawTargetWithoutTheDigestOnly) {
    const std::string sig = "sig=" + cfDigest;
    const std::vector<std::pair<std::string, std::string>> cases{
        {"/hash/id/card?" + sig, "/hash/id/card"},
        {"/hash/id/card?exp=5&" + sig, "/hash/id/card?exp=5"},
        {"/hash/id/card?" + sig + "&exp=5", "/hash/id/card?exp=5"},
        {"/hash/id/card?v=1&" + sig + "&exp=5&w", "/hash/id/card?v=1&exp=5&w"},
        {"/hash/a%2fb//%C3%A9/card?exp=5&q=a+b%20c&" + sig,
         "/hash/a%2fb//%C3%A9/card?exp=5&q=a+b%20c"},
        {"/hash/id/card?v=78&" + sig, "/hash/id/card?v=78"},
        {"/hash/id/card?exp=5&x=?y=1&" + sig, "/hash/id/card?exp=5&x=?y=1"},
        {"/hash/id/card?exp=5&&" + sig, "/hash/id/card?exp=5&"},
        {"/hash/id/card?" + sig + "&", "/hash/id/card?"},
        {"/hash/id/card?&" + sig, "/hash/id/card?"},
    };
    for (const auto& [target, text] : cases) {
        const SignatureClaim claim = cloudflareClaim(target);
        EXPECT_EQ(claim.shape, Shape::present) << target;
        EXPECT_EQ(claim.signedText, text);
        EXPECT_EQ(claim.digest, cfDigest);
    }
}

TEST(CloudflareSignature, AnExpiryHasOneToTwelveDigitsAndNoLeadingZero) {
    const auto withExpiry = [](const std::string& exp) {
        return cloudflareClaim("/hash/id/card?exp=" + exp + "&sig=" + cfDigest);
    };
    EXPECT_EQ(withExpiry("1").expires, 1);
    EXPECT_EQ(withExpiry("1767522872").expires, 1767522872);
    EXPECT_EQ(withExpiry("999999999999").expires, 999999999999);
    for (const char* exp : {"", "0", "01", "-1", "+1", "1.5", "1e9", "0x10", "x", "1 ", " 1", "%31",
                            "1000000000000", "99999999999999999999", "1;2", "1,2", "=1"}) {
        EXPECT_EQ(withExpiry(exp).shape, Shape::malformed) << exp;
    }
    EXPECT_EQ(cloudflareClaim("/hash/id/card?exp&sig=" + cfDigest).shape, Shape::malformed);
}

TEST(CloudflareSignature, IsMalformedUnlessTheDigestIsSixtyFourLowerCaseHexDigits) {
    for (const std::string& digest :
         {std::string(), std::string(63, 'a'), std::string(65, 'a'), std::string(64, 'A'),
          std::string(64, 'g'), std::string(63, 'a') + " ", std::string(63, 'a') + "=",
          "%61" + std::string(61, 'a'), std::string(63, 'a') + '\0'}) {
        EXPECT_EQ(cloudflareClaim("/hash/id/card?sig=" + digest).shape, Shape::malformed) << digest;
    }
    EXPECT_EQ(cloudflareClaim("/hash/id/card?sig").shape, Shape::malformed);
}

TEST(CloudflareSignature, DuplicatesAreMalformed) {
    const std::string sig = "&sig=" + cfDigest;
    EXPECT_EQ(cloudflareClaim("/hash/id/card?exp=5" + sig + sig).shape, Shape::malformed);
    EXPECT_EQ(cloudflareClaim("/hash/id/card?exp=5&sig" + sig).shape, Shape::malformed);
    EXPECT_EQ(cloudflareClaim("/hash/id/card?exp=5" + sig + "&sig").shape, Shape::malformed);
    EXPECT_EQ(cloudflareClaim("/hash/id/card?exp=5&exp=5" + sig).shape, Shape::malformed);
    EXPECT_EQ(cloudflareClaim("/hash/id/card?exp=5" + sig + "&exp").shape, Shape::malformed);
}

TEST(CloudflareSignature, ThePrefixIsComparedLiterally) {
    for (const char* path :
         {"/Hash/id/card", "//hash/id/card", "/%68ash/id/card", "/hash", "/x/../hash/id/card",
          "/./hash/id/card", "/hash%2fid/card", "http://host/hash/id/card", ""}) {
        const std::string target = std::string(path) + "?exp=5&sig=" + cfDigest;
        EXPECT_EQ(cloudflareClaim(target).shape, Shape::malformed) << target;
    }
}

TEST(CloudflareSignature, ARawHashSignIsMalformedAnywhere) {
    for (const std::string& target :
         {"/hash/i#d/card?exp=5&sig=" + cfDigest, "/hash/id/card?exp=5&sig=" + cfDigest + "#",
          "/hash/id/card?exp=5#&sig=" + cfDigest, "/hash/id/card?a=#&sig=" + cfDigest}) {
        EXPECT_EQ(cloudflareClaim(target).shape, Shape::malformed) << target;
    }
}

TEST(CloudflareSignature, AnEditedExpiryDoesNotPassForAPathOnlySignature) {
    const std::string digest = oneShotHmac(EVP_sha256(), keyText, "/hash/id/card");
    const KeyRing ring = ringOf(KeyRing::Digest::sha256, {keyText});
    const auto judge = [&](const std::string& target) {
        return verify(cloudflareClaim(target), ring, now, 0).signature;
    };
    EXPECT_EQ(judge("/hash/id/card?sig=" + digest), Signature::valid);
    EXPECT_EQ(judge("/hash/id/card?exp=1999999999&sig=" + digest), Signature::bad);
}

TEST(CloudflareRedaction, DropsEveryDigestAndNothingElse) {
    const std::vector<std::pair<std::string, std::string>> cases{
        {"/h/i/v", "/h/i/v"},
        {"/h/i/v?", "/h/i/v?"},
        {"/h/i/v?sig=" + cfDigest, "/h/i/v"},
        {"/h/i/v?exp=5&sig=" + cfDigest, "/h/i/v?exp=5"},
        {"/h/i/v?sig=a&exp=5&sig=b&v=1&sig", "/h/i/v?exp=5&v=1"},
        {"/x?sig=not%20even%20hex&w=1", "/x?w=1"},
        {"/h/i/v?exp=5#&sig=a", "/h/i/v?exp=5#"},
        {"/h/i/v?Sig=a&%73ig=b", "/h/i/v?Sig=a&%73ig=b"},
        {"", ""},
    };
    for (const auto& [target, redacted] : cases) {
        EXPECT_EQ(cloudflare::redactedTarget(target), redacted);
    }
}

// ---- imagekit ----

const std::string ikDigest(40, 'b');
constexpr std::string_view ikPrefix = "/demo/";

SignatureClaim imagekitClaim(const std::string& target) {
    return imagekit::readSignature(target, ikPrefix);
}

TEST(ImagekitSignature, IsAbsentWithoutADigest) {
    for (const char* target : {"/demo/a.jpg", "/demo/a.jpg?", "/demo/a.jpg?ik-t=1768062016",
                               "/demo/a.jpg?ik-t=x", "/demo/a.jpg?IK-S=b", "/demo/a.jpg?ik%2ds=b",
                               "/demo/a.jpg?xik-s=b", "/demo/ik-s=b", "/else", ""}) {
        EXPECT_EQ(imagekitClaim(target).shape, Shape::absent) << target;
    }
}

TEST(ImagekitSignature, SignsWhatFollowsThePrefixAndTheExpiry) {
    const std::string iks = "ik-s=" + ikDigest;
    const std::vector<std::pair<std::string, std::string>> cases{
        {"/demo/a.jpg?" + iks, "a.jpg9999999999"},
        {"/demo/a.jpg?ik-t=1768062016&" + iks, "a.jpg1768062016"},
        {"/demo/a.jpg?" + iks + "&ik-t=1768062016", "a.jpg1768062016"},
        {"/demo/a.jpg?ik-t=1768062016&" + iks + "&v=3", "a.jpg?v=31768062016"},
        {"/demo/a.jpg?v=3&" + iks + "&tr=w-1&ik-t=1768062016&x", "a.jpg?v=3&tr=w-1&x1768062016"},
        {"/demo//a%2fb.jpg?" + iks, "/a%2fb.jpg9999999999"},
        {"/demo/?" + iks, "9999999999"},
        {"/demo/a.jpg?" + iks + "&", "a.jpg?9999999999"},
        {"/demo/a.jpg?tr=w-294%2Ch-296&q=a+b&" + iks, "a.jpg?tr=w-294%2Ch-296&q=a+b9999999999"},
    };
    for (const auto& [target, text] : cases) {
        const SignatureClaim claim = imagekitClaim(target);
        EXPECT_EQ(claim.shape, Shape::present) << target;
        EXPECT_EQ(claim.signedText, text);
        EXPECT_EQ(claim.digest, ikDigest);
    }
}

TEST(ImagekitSignature, AnExpiryHasExactlyTenDigitsAndNoLeadingZero) {
    const auto withExpiry = [](const std::string& expiry) {
        return imagekitClaim("/demo/a.jpg?ik-t=" + expiry + "&ik-s=" + ikDigest);
    };
    EXPECT_EQ(withExpiry("1768062016").expires, 1768062016);
    EXPECT_EQ(withExpiry("1000000000").expires, 1000000000);
    EXPECT_EQ(withExpiry("9999999998").expires, 9999999998);
    for (const char* expiry :
         {"", "0", "999999999", "0768062016", "01768062016", "17680620160", "-176806201",
          "176806201x", "176806201.", " 768062016", "never", "%31768062016", "1768062016 "}) {
        EXPECT_EQ(withExpiry(expiry).shape, Shape::malformed) << expiry;
    }
    EXPECT_EQ(imagekitClaim("/demo/a.jpg?ik-t&ik-s=" + ikDigest).shape, Shape::malformed);
}

TEST(ImagekitSignature, NeverExpiresWithoutAnExpiryOrWithTheConstant) {
    const auto left = imagekitClaim("/demo/a.jpg?ik-s=" + ikDigest);
    const auto written = imagekitClaim("/demo/a.jpg?ik-t=9999999999&ik-s=" + ikDigest);
    EXPECT_EQ(left.expires, 0);
    EXPECT_EQ(written.expires, 0);
    EXPECT_EQ(left.signedText, written.signedText);
}

TEST(ImagekitSignature, IsMalformedUnlessTheDigestIsFortyLowerCaseHexDigits) {
    for (const std::string& digest :
         {std::string(), std::string(39, 'a'), std::string(41, 'a'), std::string(64, 'a'),
          std::string(40, 'A'), std::string(40, 'g'), std::string(39, 'a') + "%"}) {
        EXPECT_EQ(imagekitClaim("/demo/a.jpg?ik-s=" + digest).shape, Shape::malformed) << digest;
    }
    EXPECT_EQ(imagekitClaim("/demo/a.jpg?ik-s").shape, Shape::malformed);
}

TEST(ImagekitSignature, DuplicatesAreMalformed) {
    const std::string iks = "&ik-s=" + ikDigest;
    const std::string ikt = "&ik-t=1768062016";
    EXPECT_EQ(imagekitClaim("/demo/a.jpg?v" + iks + iks).shape, Shape::malformed);
    EXPECT_EQ(imagekitClaim("/demo/a.jpg?v" + iks + "&ik-s").shape, Shape::malformed);
    EXPECT_EQ(imagekitClaim("/demo/a.jpg?v" + ikt + iks + ikt).shape, Shape::malformed);
    EXPECT_EQ(imagekitClaim("/demo/a.jpg?v" + ikt + iks + "&ik-t").shape, Shape::malformed);
}

TEST(ImagekitSignature, ThePrefixIsComparedLiterally) {
    for (const char* path : {"/Demo/a.jpg", "//demo/a.jpg", "/demoa.jpg", "/dem%6f/a.jpg",
                             "/x/../demo/a.jpg", "/demo", ""}) {
        const std::string target = std::string(path) + "?ik-s=" + ikDigest;
        EXPECT_EQ(imagekitClaim(target).shape, Shape::malformed) << target;
    }
}

TEST(ImagekitSignature, ARawHashSignIsMalformedAnywhere) {
    for (const std::string& target :
         {"/demo/a#.jpg?ik-s=" + ikDigest, "/demo/a.jpg?v=#&ik-s=" + ikDigest,
          "/demo/a.jpg?ik-s=" + ikDigest + "&v=1#"}) {
        EXPECT_EQ(imagekitClaim(target).shape, Shape::malformed) << target;
    }
}

// The signed text joins path and expiry. Moving digits from one to the other must not verify.
TEST(ImagekitSignature, NoDigitsCanBeShiftedBetweenPathAndExpiry) {
    const KeyRing ring = ringOf(KeyRing::Digest::sha1, {keyText});
    const std::string path = "123456789012345";
    const std::string all = path + "1768062016";
    const std::string digest = oneShotHmac(EVP_sha1(), keyText, all);
    for (std::size_t split = 0; split <= all.size(); ++split) {
        const std::string target =
            "/demo/" + all.substr(0, split) + "?ik-t=" + all.substr(split) + "&ik-s=" + digest;
        const auto verdict = verify(imagekitClaim(target), ring, now, 0);
        EXPECT_EQ(verdict.signature, split == path.size() ? Signature::valid : Signature::bad)
            << target;
    }
    EXPECT_EQ(verify(imagekitClaim("/demo/" + all + "?ik-s=" + digest), ring, now, 0).signature,
              Signature::bad);
}

TEST(ImagekitRedaction, DropsEveryDigestAndNothingElse) {
    const std::vector<std::pair<std::string, std::string>> cases{
        {"/demo/a.jpg", "/demo/a.jpg"},
        {"/demo/a.jpg?ik-s=" + ikDigest, "/demo/a.jpg"},
        {"/demo/a.jpg?ik-t=1768062016&ik-s=" + ikDigest, "/demo/a.jpg?ik-t=1768062016"},
        {"/x?ik-s=1&ik-s&tr=w-1&ik-s=2", "/x?tr=w-1"},
        {"/x?IK-S=1&ik%2ds=2", "/x?IK-S=1&ik%2ds=2"},
        {"", ""},
    };
    for (const auto& [target, redacted] : cases) {
        EXPECT_EQ(imagekit::redactedTarget(target), redacted);
    }
}

}  // namespace
}  // namespace private_image
