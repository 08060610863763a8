#include "image_state/purge_paths.hpp"

#include <gtest/gtest.h>

namespace private_image {
namespace {

using Paths = std::vector<std::string>;

TEST(PurgePaths, BeginAfterTheLocationsName) {
    const struct {
        std::string_view uri, name, path;
    } cases[] = {
        {"/purge/a.jpg", "/purge/", "/a.jpg"},
        {"/purge/a.jpg", "/purge", "/a.jpg"},
        {"/purge/", "/purge/", "/"},
        {"/purge", "/purge", ""},
        {"/purged/a.jpg", "/purge", ""},
        {"/img/a.jpg", "/", "/img/a.jpg"},
        {"/img/a.jpg", "/purge/", "/img/a.jpg"},
        {"/img/a.jpg", "@purge", "/img/a.jpg"},
    };
    for (const auto& [uri, name, path] : cases) {
        EXPECT_EQ(pathAfterLocation(uri, name), path) << uri << ' ' << name;
    }
}

TEST(PurgePaths, MayHaveThePrefixThatIsWritten) {
    constexpr std::string_view gates[] = {"/photos/"};
    EXPECT_EQ(candidatePaths("/a.jpg", "/img/", gates), Paths{"/a.jpg"});
    EXPECT_EQ(candidatePaths("/img/a.jpg", "/img/", gates), (Paths{"/img/a.jpg", "/a.jpg"}));
    EXPECT_EQ(candidatePaths("/imgs/a.jpg", "/img/", gates), Paths{"/imgs/a.jpg"});
}

TEST(PurgePaths, MayBeBelowAnyGateWithoutAPrefix) {
    constexpr std::string_view gates[] = {"/photos/", "/", "/img/"};
    EXPECT_EQ(candidatePaths("/a.jpg", "/", gates),
              (Paths{"/a.jpg", "/photos/a.jpg", "/img/a.jpg"}));
    EXPECT_EQ(candidatePaths("/a.jpg", "/", {}), Paths{"/a.jpg"});
}

}  // namespace
}  // namespace private_image
