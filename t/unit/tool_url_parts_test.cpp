// The parts of URLs that the tool prints. Joined, they are the URL again.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tools/judgement.hpp"

namespace private_image::tools {
namespace {

GateRules gateOf(Dialect dialect, const char* prefix) {
    GateRules rules;
    rules.dialect = dialect;
    rules.prefix = prefix;
    rules.variants["card"] = {"card", true, false, {}};
    return rules;
}

std::vector<UrlPart> partsOf(const JudgedUrl& url, const RequestTarget& target,
                             const GateRules& rules) {
    auto parts = explainUrl(rules.dialect, dividedAtPrefix(url, target, rules), *url.parsed);
    parts.insert(parts.begin(), {rules.prefix, "prefix"});
    return parts;
}

struct Taken {
    std::string path;  // all parts except those of the query, joined
    std::string imagePath;
    std::size_t parameters = 0;
};

Taken take(const std::string& target, const GateRules& rules) {
    const RequestTarget requestTarget{{}, target};
    const JudgedUrl url = judgeUrl(requestTarget, rules, 0);
    EXPECT_TRUE(url.parsed) << target << ": " << url.parseError.detail;
    Taken taken;
    if (!url.parsed) {
        return taken;
    }
    const auto query = rawQueryOf(target);
    const auto parts = partsOf(url, requestTarget, rules);
    const std::size_t inQuery =
        query.empty() ? 0 : static_cast<std::size_t>(std::ranges::count(query, '&')) + 1;
    for (std::size_t i = 0; i < parts.size() - inQuery; ++i) {
        taken.path += (i > 1 ? "/" : "") + parts[i].text;
        taken.imagePath += parts[i].meaning == "image path" ? '/' + parts[i].text : "";
    }
    taken.parameters = inQuery;
    return taken;
}

TEST(UrlParts, JoinedAreTheUrl) {
    const GateRules rules = gateOf(Dialect::imagekit, "/img/");
    for (const char* target :
         {"/img/a.jpg", "/img/a/b/c.jpg", "/img/tr:w-1/a.jpg", "/img/a/tr:w-1/b.jpg",
          "/img/a/tr:w-1:h-2/b/c.jpg", "/img/a.pdf/ik-thumbnail.jpg",
          "/img/tr:w-1/a.pdf/ik-thumbnail.jpg", "/img/ik-thumbnail.jpg", "/img/tr:n-card/a.jpg",
          "/img/tr:/a.jpg", "/img/tr:l-image,ie-YS9i/L2M,l-end/a.jpg",
          "/img/tr:l-text,ie-Pz8/Pz8_,l-end/b/a.jpg", "/img/tr:di-a.png/b.jpg"}) {
        const Taken taken = take(target, rules);
        EXPECT_EQ(taken.path, target);
        const JudgedUrl url = judgeUrl({{}, target}, rules, 0);
        EXPECT_TRUE(url.parsed && taken.imagePath == url.parsed->path) << target;
    }
    EXPECT_EQ(take("/img/ik-seo/a/b/nice.jpg", rules).path, "/img/ik-seo/a/b/nice.jpg");
    EXPECT_EQ(take("/img/ik-seo/a/b/nice.jpg", rules).imagePath, "/a/b");
    EXPECT_EQ(take("/img/tr:w-1/ik-seo/a/nice.jpg", rules).imagePath, "/a");
}

TEST(UrlParts, OfCloudflareAreImageAndOptions) {
    const GateRules last = gateOf(Dialect::cloudflare, "/hash/");
    EXPECT_EQ(take("/hash/a/b/card", last).path, "/hash/a/b/card");
    EXPECT_EQ(take("/hash/a/b/w=1", last).imagePath, "/a/b");
    const GateRules first = gateOf(Dialect::cloudflare, "/cdn-cgi/image/");
    EXPECT_EQ(take("/cdn-cgi/image/w=1/a/b.jpg", first).path, "/cdn-cgi/image/w=1/a/b.jpg");
    const std::string colour = "background=rgb(1%202%203%20%2F%2050%25)";
    EXPECT_EQ(take("/hash/a/b/" + colour, last).imagePath, "/a/b");
    EXPECT_EQ(take("/cdn-cgi/image/" + colour + "/a/b.jpg", first).path,
              "/cdn-cgi/image/background=rgb(1 2 3 / 50%)/a/b.jpg");
}

TEST(UrlParts, NameEveryParameterAndHideTheSignature) {
    const GateRules rules = gateOf(Dialect::imagekit, "/img/");
    const std::string target = "/img/a.jpg?x=1&&tr=w-1&ik-t=1893456000&ik-s=0123";
    const RequestTarget requestTarget{{}, target};
    const JudgedUrl url = judgeUrl(requestTarget, rules, 0);
    ASSERT_TRUE(url.parsed);
    const auto parts = partsOf(url, requestTarget, rules);
    ASSERT_EQ(parts.size(), 7u);
    EXPECT_EQ(parts[4].meaning, "transformation");
    EXPECT_EQ(parts[6].text, "ik-s=...");
}

}  // namespace
}  // namespace private_image::tools
