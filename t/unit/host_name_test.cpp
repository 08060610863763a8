// Host headers against the host that NGINX has taken, and names of downloads.
#include "access/host_name.hpp"

#include <gtest/gtest.h>

#include <string_view>

#include "access/content_disposition.hpp"

namespace private_image {
namespace {

struct Row {
    std::string_view header, taken;
    bool isSame;
};

constexpr Row rows[] = {
    {"example.com", "example.com", true},
    {"EXAMPLE.com", "example.com", true},
    {"example.com:8080", "example.com", true},
    {"example.com.", "example.com", true},
    {"example.com.:80", "example.com", true},
    {"example.com..", "example.com", false},
    {"other.com", "example.com", false},
    {"example.com.evil", "example.com", false},
    {"evil.example.com", "example.com", false},
    {"", "example.com", false},
    {"", "", true},
    {":80", "", true},
    {"127.0.0.1:80", "127.0.0.1", true},
    {"[::1]", "[::1]", true},
    {"[::1]:8080", "[::1]", true},
    {"[::2]:8080", "[::1]", false},
    {"[::1", "[::1]", false},
};

TEST(HostName, PortDotAndCaseDoNotCount) {
    for (const Row& row : rows) {
        EXPECT_EQ(namesHost(row.header, row.taken), row.isSame)
            << row.header << " against " << row.taken;
    }
}

TEST(ContentDisposition, NamesADownload) {
    EXPECT_EQ(attachmentDisposition(""), "attachment");
    EXPECT_EQ(attachmentDisposition("a.jpg"),
              "attachment; filename=\"a.jpg\"; filename*=UTF-8''a.jpg");
    EXPECT_EQ(attachmentDisposition("a/b.jpg"),
              "attachment; filename=\"a_b.jpg\"; filename*=UTF-8''a%2Fb.jpg");
    EXPECT_EQ(attachmentDisposition("\xc3\xbc.jpg"),
              "attachment; filename=\"__.jpg\"; filename*=UTF-8''%C3%BC.jpg");
}

TEST(ContentDisposition, NoNameEndsTheQuotedTextOrTheHeader) {
    for (const std::string_view hostile : {"a\"b", "a\\", "a\r\nSet-Cookie: b", "%22", "a;b"}) {
        const std::string value = attachmentDisposition(hostile);
        const std::size_t begin = value.find('"') + 1;
        const std::string quoted = value.substr(begin, value.find('"', begin) - begin);
        EXPECT_EQ(quoted.size(), hostile.size()) << hostile;
        EXPECT_EQ(value.find_first_of("\r\n\\"), std::string::npos) << hostile;
        EXPECT_EQ(value.substr(begin + quoted.size(), 16), "\"; filename*=UTF") << hostile;
    }
}

}  // namespace
}  // namespace private_image
