// The sampling factors of a frame header at any position, after any other segments.
#include "render/jpeg_sampling.hpp"

#include <gtest/gtest.h>

#include <initializer_list>

namespace private_image {
namespace {

using Bytes = std::vector<unsigned char>;

Bytes joined(std::initializer_list<Bytes> parts) {
    Bytes all;
    for (const Bytes& part : parts) {
        all.insert(all.end(), part.begin(), part.end());
    }
    return all;
}

const Bytes start{0xFF, 0xD8};
const Bytes application{0xFF, 0xE0, 0, 6, 0xFF, 0xC0, 0, 17};  // looks like a frame inside
const Bytes tables{0xFF, 0xC4, 0, 3, 0x22};
const Bytes scan{0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 63, 0};

Bytes frame(unsigned char marker, std::initializer_list<unsigned char> factors) {
    const auto count = static_cast<unsigned char>(factors.size());
    Bytes bytes{0xFF, marker, 0, static_cast<unsigned char>(8 + 3 * count), 8, 1, 0, 2, 0, count};
    unsigned char id = 1;
    for (const unsigned char one : factors) {
        bytes.insert(bytes.end(), {id, one, 0});
        ++id;
    }
    return bytes;
}

TEST(JpegSampling, IsReadFromEveryKindOfFrame) {
    const std::vector<Sampling> expected{{2, 1}, {1, 1}, {1, 1}};
    for (const unsigned char marker : Bytes{0xC0, 0xC1, 0xC2, 0xC9, 0xCA}) {
        EXPECT_EQ(jpegSampling(joined(
                      {start, application, tables, frame(marker, {0x21, 0x11, 0x11}), scan})),
                  expected);
    }
}

TEST(JpegSampling, IsThatOfEachComponent) {
    EXPECT_EQ(jpegSampling(joined({start, frame(0xC0, {0x11})})), (std::vector<Sampling>{{1, 1}}));
    EXPECT_EQ(jpegSampling(joined({start, frame(0xC0, {0x41, 0x12, 0x11, 0x44})})),
              (std::vector<Sampling>{{4, 1}, {1, 2}, {1, 1}, {4, 4}}));
}

TEST(JpegSampling, FillBytesBeforeAMarkerCountForNothing) {
    EXPECT_EQ(jpegSampling(joined({start, {0xFF, 0xFF, 0xFF}, frame(0xC0, {0x11})})),
              (std::vector<Sampling>{{1, 1}}));
}

TEST(JpegSampling, IsUnknownWithoutAValidFrame) {
    const std::vector<Sampling> unknown;
    EXPECT_EQ(jpegSampling({}), unknown);
    EXPECT_EQ(jpegSampling(start), unknown);
    EXPECT_EQ(jpegSampling(joined({start, scan, frame(0xC0, {0x11})})), unknown);
    EXPECT_EQ(jpegSampling(joined({start, frame(0xC0, {})})), unknown);
    EXPECT_EQ(jpegSampling(joined({start, frame(0xC0, {0x11, 0x11, 0x11, 0x11, 0x11})})), unknown);
    for (const unsigned char factors : Bytes{0x00, 0x10, 0x01, 0x51, 0x15}) {
        EXPECT_EQ(jpegSampling(joined({start, frame(0xC0, {0x11, factors})})), unknown);
    }
    const Bytes whole = joined({start, application, frame(0xC0, {0x22, 0x11, 0x11})});
    for (std::size_t length = 0; length < whole.size(); ++length) {
        EXPECT_EQ(jpegSampling(std::span(whole).first(length)), unknown) << length;
    }
}

}  // namespace
}  // namespace private_image
