// Signed URLs made by real clients, and manipulated ones. Every vector is a test, judged at the
// time that it names.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "access/signature.hpp"
#include "dialect/cloudflare/cloudflare.hpp"
#include "dialect/imagekit/imagekit.hpp"

namespace private_image {
namespace {

struct Vector {
    std::string id;
    std::string key;
    std::string url;
    std::string endpoint;  // imagekit
    std::string signedText;
    std::string expected;
    std::string reason;
    std::int64_t now = 0;
};

std::string textOf(const nlohmann::json& entry, const char* name) {
    const auto found = entry.find(name);
    return found != entry.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::vector<Vector> vectorsOf(const char* dialect) {
    std::ifstream file(SIGNING_VECTORS);
    const nlohmann::json content = nlohmann::json::parse(file);
    std::vector<Vector> vectors;
    for (const auto& entry : content.at(dialect)) {
        vectors.push_back({.id = entry.at("id"),
                           .key = entry.at("key"),
                           .url = entry.at("url"),
                           .endpoint = textOf(entry, "endpoint"),
                           .signedText = textOf(entry, "string_to_sign"),
                           .expected = entry.at("expected"),
                           .reason = textOf(entry, "reason"),
                           .now = entry.at("now")});
    }
    return vectors;
}

// The part of the URL after the host; "/" if it is empty.
std::string targetOf(const std::string& url) {
    const std::size_t host = url.find("://") + 3;
    const std::size_t slash = url.find('/', host);
    return slash == std::string::npos ? "/" : url.substr(slash);
}

std::string cloudflarePrefix(const std::string& target) {
    const std::string custom = "/cdn-cgi/imagedelivery/";
    const std::size_t hash = target.starts_with(custom) ? custom.size() : 1;
    return target.substr(0, target.find('/', hash) + 1);
}

std::string imagekitPrefix(const std::string& endpoint) {
    const std::string path = targetOf(endpoint);
    return path.ends_with('/') ? path : path + "/";
}

SignatureVerdict judge(const Vector& vector, const SignatureClaim& claim, KeyRing::Digest digest) {
    KeyRing ring(digest);
    auto key = keyFromFile(vector.key, "vector.key");
    EXPECT_TRUE(key);
    EXPECT_TRUE(ring.add(*key));
    return verify(claim, ring, vector.now, 0);
}

void expectVerdict(const Vector& vector, const SignatureClaim& claim,
                   const SignatureVerdict& verdict) {
    if (vector.expected == "either") {
        return;
    }
    if (vector.expected == "valid") {
        EXPECT_EQ(verdict.signature, Signature::valid);
        if (!vector.signedText.empty()) {
            EXPECT_EQ(claim.signedText, vector.signedText);
        }
        return;
    }
    ASSERT_EQ(vector.expected, "invalid");
    const Signature expected = vector.reason == "missing"   ? Signature::none
                               : vector.reason == "expired" ? Signature::expired
                                                            : Signature::bad;
    EXPECT_EQ(verdict.signature, expected);
    if (vector.reason == "malformed_expiry") {
        EXPECT_EQ(claim.shape, SignatureClaim::Shape::malformed);
    }
}

std::string testName(const testing::TestParamInfo<Vector>& info) {
    std::string name = info.param.id;
    name.erase(std::remove(name.begin(), name.end(), '-'), name.end());
    return name;
}

class CloudflareVector : public testing::TestWithParam<Vector> {};
class ImagekitVector : public testing::TestWithParam<Vector> {};

TEST_P(CloudflareVector, HasTheExpectedVerdict) {
    const std::string target = targetOf(GetParam().url);
    const SignatureClaim claim = cloudflare::readSignature(target, cloudflarePrefix(target));
    expectVerdict(GetParam(), claim, judge(GetParam(), claim, KeyRing::Digest::sha256));
}

TEST_P(CloudflareVector, IsLoggedWithoutSignature) {
    const std::string redacted = cloudflare::redactedTarget(targetOf(GetParam().url));
    EXPECT_EQ(redacted.find("?sig="), std::string::npos);
    EXPECT_EQ(redacted.find("&sig="), std::string::npos);
}

TEST_P(ImagekitVector, HasTheExpectedVerdict) {
    const SignatureClaim claim =
        imagekit::readSignature(targetOf(GetParam().url), imagekitPrefix(GetParam().endpoint));
    expectVerdict(GetParam(), claim, judge(GetParam(), claim, KeyRing::Digest::sha1));
}

TEST_P(ImagekitVector, IsLoggedWithoutSignature) {
    const std::string redacted = imagekit::redactedTarget(targetOf(GetParam().url));
    EXPECT_EQ(redacted.find("ik-s="), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Vectors, CloudflareVector, testing::ValuesIn(vectorsOf("cloudflare")),
                         testName);
INSTANTIATE_TEST_SUITE_P(Vectors, ImagekitVector, testing::ValuesIn(vectorsOf("imagekit")),
                         testName);

// Without this test, an empty file of vectors would pass.
TEST(SignatureVectors, AreComplete) {
    EXPECT_EQ(vectorsOf("cloudflare").size(), 79u);
    EXPECT_EQ(vectorsOf("imagekit").size(), 101u);
}

// Replacing, removing or adding any byte invalidates a genuine signed URL.
template <typename Accepts>
void expectNothingCanBeChanged(const std::string& target, Accepts accepts) {
    ASSERT_TRUE(accepts(target)) << target;
    const std::string substitutes("\0\t #%&+./09:;=?ASZ\\_aefgstz~\x7f\x80\xff", 31);
    for (std::size_t at = 0; at <= target.size(); ++at) {
        for (const char substitute : substitutes) {
            std::string changed = target;
            changed.insert(at, 1, substitute);
            EXPECT_FALSE(accepts(changed)) << changed;
            if (at < target.size() && target[at] != substitute) {
                changed = target;
                changed[at] = substitute;
                EXPECT_FALSE(accepts(changed)) << changed;
            }
        }
        if (at < target.size()) {
            std::string shortened = target;
            shortened.erase(at, 1);
            EXPECT_FALSE(accepts(shortened)) << shortened;
            std::string flipped = target;
            for (int bit = 0; bit < 8; ++bit) {
                flipped[at] = static_cast<char>(target[at] ^ 1 << bit);
                EXPECT_FALSE(accepts(flipped)) << flipped;
            }
        }
    }
}

TEST(SignatureVectors, NoByteOfAGenuineCloudflareUrlCanBeChanged) {
    for (const Vector& vector : vectorsOf("cloudflare")) {
        if (vector.expected != "valid") {
            continue;
        }
        KeyRing ring(KeyRing::Digest::sha256);
        ASSERT_TRUE(ring.add(*keyFromFile(vector.key, "vector.key")));
        const std::string target = targetOf(vector.url);
        const std::string prefix = cloudflarePrefix(target);
        expectNothingCanBeChanged(target, [&](const std::string& text) {
            const auto claim = cloudflare::readSignature(text, prefix);
            return verify(claim, ring, vector.now, 0).signature == Signature::valid;
        });
    }
}

TEST(SignatureVectors, NoByteOfAGenuineImagekitUrlCanBeChanged) {
    for (const Vector& vector : vectorsOf("imagekit")) {
        if (vector.expected != "valid") {
            continue;
        }
        KeyRing ring(KeyRing::Digest::sha1);
        ASSERT_TRUE(ring.add(*keyFromFile(vector.key, "vector.key")));
        const std::string prefix = imagekitPrefix(vector.endpoint);
        expectNothingCanBeChanged(targetOf(vector.url), [&](const std::string& text) {
            const auto claim = imagekit::readSignature(text, prefix);
            return verify(claim, ring, vector.now, 0).signature == Signature::valid;
        });
    }
}

}  // namespace
}  // namespace private_image
