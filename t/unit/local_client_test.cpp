// Which requests come from this machine, as a table.
#include "access/local_client.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace private_image {
namespace {

using Headers = std::vector<HeaderField>;

struct Row {
    bool isLocal;
    std::string_view host;
    Headers headers;
};

const Row table[] = {
    {true, "localhost", {}},
    {true, "", {}},
    {true, "localhost", {{"User-Agent", "curl"}, {"Accept", "*/*"}, {"Cookie", "via=1"}}},
    {true, "localhost", {{"X-Forwarded", "1"}, {"Vias", "1"}, {"XX-Real-IP", "1"}}},

    {false, "localhost", {{"X-Forwarded-For", "192.0.2.7"}}},
    {false, "localhost", {{"x-forwarded-for", "127.0.0.1"}}},
    {false, "localhost", {{"X-FORWARDED-FOR", ""}}},
    {false, "localhost", {{"Forwarded", "for=192.0.2.7"}}},
    {false, "localhost", {{"X-Real-IP", "127.0.0.1"}}},
    {false, "localhost", {{"Via", "1.1 varnish"}}},
    {false, "localhost", {{"Accept", "*/*"}, {"via", ""}}},

    {true, "localhost", {{"Origin", "http://localhost"}}},
    {true, "localhost", {{"Origin", "https://LOCALHOST"}}},
    {true, "localhost", {{"Origin", "http://localhost:8080"}}},
    {true, "localhost:8080", {{"Origin", "http://localhost"}}},
    {true, "localhost:8080", {{"Origin", "http://localhost:8080"}}},
    {true, "[::1]:8080", {{"Origin", "http://[::1]:8080"}}},
    {true, "[::1]", {{"Origin", "http://[::1]:8080"}}},
    {false, "localhost:8080", {{"Origin", "http://localhost:8081"}}},
    {false, "[::1]:8080", {{"Origin", "http://[::1]:80"}}},
    {false, "[::1]", {{"Origin", "http://[::2]"}}},
    {false, "localhost", {{"Origin", "https://example.com"}}},
    {false, "localhost", {{"Origin", "http://localhost.example.com"}}},
    {false, "localhost", {{"Origin", "http://localhost@example.com"}}},
    {false, "localhost", {{"Origin", "http://example.com:80/localhost"}}},
    {false, "localhost", {{"Origin", "null"}}},
    {false, "localhost", {{"Origin", ""}}},
    {false, "localhost", {{"Origin", "localhost"}}},
    {false, "", {{"Origin", "http://"}}},
    {false, "", {{"Origin", "http://localhost"}}},
    {false, "localhost", {{"Origin", "http://localhost"}, {"Origin", "http://example.com"}}},
    {false, "localhost", {{"Origin", "http://localhost"}, {"Via", "1.1 proxy"}}},
};

std::string describe(const Row& row) {
    std::string text = "host \"" + std::string(row.host) + '"';
    for (const HeaderField& header : row.headers) {
        text += ", " + std::string(header.name) + ": " + std::string(header.value);
    }
    return text;
}

TEST(LocalClient, HeadersShowThatARequestComesFromElsewhere) {
    for (const Row& row : table) {
        const ClientFacts client{true, false, row.host, row.headers};
        EXPECT_EQ(whyNotLocal(client).empty(), row.isLocal) << describe(row);
    }
}

TEST(LocalClient, AnAddressElsewhereIsNeverLocal) {
    for (const Row& row : table) {
        const ClientFacts client{false, false, row.host, row.headers};
        EXPECT_FALSE(whyNotLocal(client).empty()) << describe(row);
    }
}

TEST(LocalClient, AProxyProtocolHeaderIsAProxys) {
    EXPECT_FALSE(whyNotLocal({true, true, "localhost", {}}).empty());
}

}  // namespace
}  // namespace private_image
