// Content-Encoding: which values mean that the bytes of an image are encoded.
#include "access/content_coding.hpp"

#include <gtest/gtest.h>

namespace private_image {
namespace {

TEST(ContentCoding, NamesEveryRegisteredWordInAnyCase) {
    for (const char* value : {"gzip", "x-gzip", "deflate", "br", "zstd", "compress", "x-compress",
                              "GZIP", "X-Gzip", "Br", "zStd", " gzip ", "\tgzip"}) {
        EXPECT_TRUE(namesContentCoding(value)) << value;
    }
}

TEST(ContentCoding, IsFoundAnywhereInAList) {
    for (const char* value :
         {"gzip, aws-chunked", "aws-chunked,gzip", "aws-chunked, GZIP", "identity,,gzip", ", gzip,",
          "identity , x , br", "gzip, br", "aws-chunked\t,\tdeflate\t"}) {
        EXPECT_TRUE(namesContentCoding(value)) << value;
    }
}

TEST(ContentCoding, OtherWordsEncodeNothing) {
    for (const char* value :
         {"", " ", ",", "identity", "Identity", "aws-chunked", "utf-8", "binary", "none", "null",
          "gzipped", "xgzip", "x-br", "g", "aws-chunked, identity", "7bit,8bit", "image/jpeg",
          "base64", "\"gzip\""}) {
        EXPECT_FALSE(namesContentCoding(value)) << value;
    }
}

}  // namespace
}  // namespace private_image
