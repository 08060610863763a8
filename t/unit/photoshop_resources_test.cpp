// IPTC stays; previews and what is about the source's pixels go.
#include "render/photoshop_resources.hpp"

#include <gtest/gtest.h>

#include "binary_files.hpp"

namespace private_image {
namespace {

using namespace binary_files;
using namespace std::string_literals;

std::string resource(std::size_t kind, const std::string& data, const std::string& name = {}) {
    std::string padded = bigEndian(name.size(), 1) + name;
    padded.resize(padded.size() + padded.size() % 2);
    std::string content = data;
    content.resize(content.size() + content.size() % 2);
    return "8BIM" + bigEndian(kind, 2) + padded + bigEndian(data.size(), 4) + content;
}

constexpr std::size_t iptc = 0x0404, thumbnail = 0x040C, oldThumbnail = 0x0409, path = 0x07D0,
                      copyrightFlag = 0x040A;
const std::string mark = "Photoshop 3.0\0"s;

TEST(PhotoshopResources, ThumbnailsGoAndTextsStay) {
    for (const std::string& caption : {"\x1C\2\x78\0\5hello"s, "\x1C\2\x78\0\4caf\xE9"s}) {
        const std::string kept =
            mark + resource(iptc, caption) + resource(copyrightFlag, "\1"s, "odd");
        EXPECT_EQ(resourcesOfResult(mark + resource(thumbnail, "\xFF\xD8\xFF") +
                                    resource(iptc, caption) + resource(path, "points", "name") +
                                    resource(copyrightFlag, "\1"s, "odd") +
                                    resource(oldThumbnail, "\xFF\xD8\xFF")),
                  kept);
        EXPECT_EQ(resourcesOfResult(kept), kept);
        EXPECT_EQ(resourcesOfResult(caption), mark + resource(iptc, caption));
    }
}

TEST(PhotoshopResources, WhatCannotBeReadIsDropped) {
    const std::string whole = mark + resource(iptc, "hello!");
    EXPECT_EQ(resourcesOfResult(whole + "8BIM\4"), whole);
    EXPECT_EQ(resourcesOfResult(whole + resource(thumbnail, "\xFF\xD8").substr(0, 13)), whole);
    for (const std::string& hostile :
         {""s, "x"s, mark, mark + "8BIM", mark + "8BIM\4\4\0\0\xFF\xFF\xFF\xFF"s,
          mark + "8BIM\4\4\xFF", mark + resource(thumbnail, "\xFF\xD8"),
          mark + resource(iptc, std::string(70'000, 'x'))}) {
        EXPECT_EQ(resourcesOfResult(hostile), "") << hostile.size();
    }
    EXPECT_EQ(resourcesOfResult("\x1C" + std::string(70'000, 'x')), "");
}

TEST(PhotoshopResources, TheLastPaddingMayBeMissing) {
    const std::string resources = mark + resource(iptc, "hello");
    EXPECT_EQ(resourcesOfResult(resources.substr(0, resources.size() - 1)), resources);
}

}  // namespace
}  // namespace private_image
