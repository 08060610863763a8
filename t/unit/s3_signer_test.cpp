// Signatures for S3, against values computed by botocore's S3SigV4Auth for the same instant.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "access/digest.hpp"
#include "s3/signer.hpp"

namespace private_image {
namespace {

constexpr std::time_t tenOClock = 1795341600;  // 2026-11-22 10:00:00 UTC
constexpr std::string_view secretKey = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

StorageSigner signer(std::string token = {}) {
    return {"eu-central-1",
            {"AKIDEXAMPLE", Secret(std::string(secretKey)), Secret(std::move(token))}};
}

std::string signatureOf(StorageSigner&& with, const StorageRequest& request) {
    const std::string value = with.authorization(request);
    return value.substr(value.find("Signature=") + 10);
}

TEST(SigningDate, IsInUtcWithoutSeparators) {
    EXPECT_EQ(signingDate(tenOClock), "20261122T100000Z");
    EXPECT_EQ(signingDate(0), "19700101T000000Z");
}

TEST(StorageSigner, NamesKeyScopeAndHeaders) {
    EXPECT_EQ(signer().authorization(
                  {"GET", "bucket.s3.eu-central-1.amazonaws.com", "/photo.jpg", tenOClock}),
              "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261122/eu-central-1/s3/aws4_request, "
              "SignedHeaders=host;x-amz-content-sha256;x-amz-date, "
              "Signature=027b70a09f30317002291c29f5f788089b5386470d1f8e40267b35cc329d23f0");
}

TEST(StorageSigner, SignsTheMethod) {
    EXPECT_EQ(signatureOf(signer(), {"HEAD", "bucket.s3.eu-central-1.amazonaws.com", "/photo.jpg",
                                     tenOClock}),
              "b2a669e8b3a55fef0adfc1f160e8321d181cc9284f5083b6b345d92c666af983");
}

TEST(StorageSigner, SignsThePathAsItIsSentAndTheHostWithItsPort) {
    EXPECT_EQ(signatureOf(signer(), {"GET", "127.0.0.1:9000",
                                     "/bucket/a%20b%2Bc%26d%3De%25f~g%27h/%C3%BC%F0%9F%8C%8D.jpg",
                                     tenOClock}),
              "d74a2a7a138775daa8c8d258e8b1383e234fdce9f16f0646502607fc0b53ec70");
}

TEST(StorageSigner, SignsASessionToken) {
    StorageSigner with = signer("tok/en+1==");
    EXPECT_EQ(with.sessionToken(), "tok/en+1==");
    const std::string value =
        with.authorization({"GET", "bucket.example", "/photo.jpg", tenOClock});
    EXPECT_NE(
        value.find("SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token,"),
        std::string::npos);
    EXPECT_TRUE(value.ends_with(
        "Signature=dbf8a08fff27fea557b8bfe8acc14ac27514dab5c04f66981747d40c9b9cc417"));
}

TEST(StorageSigner, SignsTheBodysDigestAndTheCallersHeadersInAnyOrder) {
    std::vector<StorageHeader> headers{{"x-amz-metadata-directive", "REPLACE"},
                                       {"x-amz-meta-pi-0", "e30"},
                                       {"x-amz-copy-source", "/bucket/a%20b.jpg"},
                                       {"x-amz-meta-isprivatefile", "true"}};
    const std::string digest = sha256Hex(std::string_view("the bytes"));
    do {
        const std::string value = signer().authorization(
            {"PUT", "bucket.example", "/photo.jpg", tenOClock, digest, headers});
        EXPECT_NE(value.find("SignedHeaders=host;x-amz-content-sha256;x-amz-copy-source;x-amz-date;"
                             "x-amz-meta-isprivatefile;x-amz-meta-pi-0;x-amz-metadata-directive,"),
                  std::string::npos);
        EXPECT_TRUE(value.ends_with(
            "Signature=71e74887509dd4436392088044b7ee9c55e479a6318907db02335f7836a6cf5e"));
        std::ranges::rotate(headers, headers.begin() + 1);
    } while (headers.front().value != "REPLACE");
}

TEST(StorageSigner, DerivesTheDaysKeyAnew) {
    StorageSigner one = signer();
    const StorageRequest today{"GET", "bucket.example", "/a", tenOClock};
    const StorageRequest tomorrow{"GET", "bucket.example", "/a", tenOClock + 86400};
    const std::string first = one.authorization(today);
    EXPECT_EQ(one.authorization(tomorrow), signer().authorization(tomorrow));
    EXPECT_EQ(one.authorization(today), first);
}

}  // namespace
}  // namespace private_image
