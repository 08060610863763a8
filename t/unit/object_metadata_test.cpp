// What a door keeps with an object of a bucket, as headers and back.
#include "s3/object_metadata.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace private_image {
namespace {

std::string readBack(const std::vector<MetadataHeader>& headers) {
    MetadataReader reader;
    for (const MetadataHeader& header : headers) {
        reader.add(header.name, header.value);
    }
    return reader.details();
}

std::string textOf(std::size_t size) {
    std::string text(size, '\0');
    for (std::size_t i = 0; i < size; i++) {
        text[i] = static_cast<char>(i * 37);
    }
    return text;
}

TEST(ObjectMetadata, WritesTheMarkOfPublicImagesToo) {
    for (const bool isPrivate : {true, false}) {
        const auto headers = metadataOf(isPrivate, "{}");
        ASSERT_EQ(headers.size(), 2u);
        EXPECT_EQ(headers[0].name, "x-amz-meta-isprivatefile");
        EXPECT_EQ(headers[0].value, isPrivate ? "true" : "false");
        EXPECT_EQ(headers[1].name, "x-amz-meta-pi-0");
        EXPECT_EQ(headers[1].value, "e30");
    }
}

TEST(ObjectMetadata, ReadsBackWhatItWroteInAnyOrderAndCase) {
    for (std::size_t size = 0; size <= maxObjectDetails; size++) {
        auto headers = metadataOf(size % 2 == 0, textOf(size));
        EXPECT_EQ(readBack(headers), textOf(size)) << size;
        std::ranges::reverse(headers);
        for (MetadataHeader& header : headers) {
            std::ranges::transform(header.name, header.name.begin(),
                                   [](char c) { return static_cast<char>(std::toupper(c)); });
        }
        EXPECT_EQ(readBack(headers), textOf(size)) << size;
    }
}

TEST(ObjectMetadata, StaysWithinTheLimitsOfStores) {
    std::size_t total = 0;
    for (const MetadataHeader& header : metadataOf(false, textOf(maxObjectDetails))) {
        EXPECT_LT(header.value.size(), 256u);
        total += header.name.size() - std::string("x-amz-meta-").size() + header.value.size();
    }
    EXPECT_LE(total, 1900u);
}

TEST(ObjectMetadata, IgnoresOtherHeadersAndWhatIsNoBase64) {
    MetadataReader reader;
    for (const char* name : {"x-amz-meta-pi-8", "x-amz-meta-pi-", "x-amz-meta-pi-00",
                             "x-amz-meta-pi--", "x-amz-meta-other", ""}) {
        reader.add(name, "e30");
    }
    EXPECT_EQ(reader.details(), "");
    reader.add("x-amz-meta-pi-0", "e3 0");
    EXPECT_EQ(reader.details(), "");
    reader.add("x-amz-meta-pi-0", "e30");
    EXPECT_EQ(reader.details(), "{}");
}

}  // namespace
}  // namespace private_image
