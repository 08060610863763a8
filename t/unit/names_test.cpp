// What the values of enumerations are called.
#include "transform/names.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace private_image {
namespace {

TEST(Formats, namesGoBothWays) {
    for (const Format format :
         {Format::jpeg, Format::png, Format::webp, Format::avif, Format::gif, Format::jxl}) {
        EXPECT_EQ(formatFromName(formatName(format)), format);
        EXPECT_EQ(mediaType(format), "image/" + std::string(formatName(format)));
    }
    EXPECT_EQ(formatFromName("jpg"), Format::jpeg);
    EXPECT_FALSE(formatFromName(""));
    EXPECT_FALSE(formatFromName("JPEG"));
    EXPECT_FALSE(formatFromName("heic"));
}

TEST(Formats, jsonHasANameButIsNoImage) {
    EXPECT_EQ(formatName(Format::json), "json");
    EXPECT_EQ(mediaType(Format::json), "application/json");
    EXPECT_FALSE(formatFromName("json"));
}

TEST(SourceTypes, namesGoBothWays) {
    for (const SourceType type :
         {SourceType::jpeg, SourceType::png, SourceType::webp, SourceType::gif, SourceType::avif,
          SourceType::heic, SourceType::tiff, SourceType::svg, SourceType::jxl}) {
        EXPECT_EQ(sourceTypeFromName(sourceTypeName(type)), type);
    }
    EXPECT_EQ(sourceTypeFromName("jpg"), SourceType::jpeg);
    EXPECT_FALSE(sourceTypeFromName("pdf"));
}

// The names of `count` values that follow each other from 0.
template <typename Value>
std::set<std::string_view> namesOf(std::string_view (*name)(Value), int count) {
    std::set<std::string_view> names;
    for (int i = 0; i < count; ++i) {
        names.insert(name(static_cast<Value>(i)));
    }
    names.erase("");
    return names;
}

TEST(Names, areDistinctAndNeverEmpty) {
    EXPECT_EQ(namesOf(fitName, 12).size(), 12u);
    EXPECT_EQ(namesOf(trimName, 4).size(), 4u);
    EXPECT_EQ(namesOf(backgroundName, 4).size(), 4u);
    EXPECT_EQ(namesOf(layerName, 3).size(), 3u);
    EXPECT_EQ(namesOf(anchorName, 9).size(), 9u);
    EXPECT_EQ(namesOf(modeName, 5).size(), 5u);
    EXPECT_EQ(namesOf(alignName, 3).size(), 3u);
    EXPECT_EQ(namesOf(relationName, 6).size(), 6u);
    EXPECT_EQ(namesOf(metadataName, 3).size(), 3u);
    EXPECT_EQ(namesOf(variableName, 9).size(), 9u);
}

}  // namespace
}  // namespace private_image
