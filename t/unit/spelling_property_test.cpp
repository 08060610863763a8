// Two spellings of one transformation have one canonical text: random transformations, and
// for each of them two random ways to write it, by name, order, defaults, place and escapes.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "dialect/cloudflare/cloudflare.hpp"
#include "dialect/imagekit/imagekit.hpp"
#include "transform/canonical.hpp"

namespace private_image {
namespace {

// Items that mean the same; an empty one may be left out.
using Spellings = std::vector<std::string>;

// What can be asked beside the others: of each group one row, or none at all.
using Group = std::vector<Spellings>;

const std::vector<Group>& cloudflareGroups() {
    static const std::vector<Group> groups = {
        {{"w=200", "width=200", "w=0200", "w=100,dpr=2", "w=200,fit=scale-down", "w=200,g=left"},
         {"w=200,h=100", "height=100,width=200", "w=100,h=50,dpr=2", "w=200,h=100,dpr=1.0"},
         {"w=20,h=10,fit=cover", "w=20,h=10,fit=cover,gravity=0.5x0.5", "fit=cover,h=5,w=10,dpr=2"},
         {"w=9,h=9,fit=crop,g=left", "width=9,height=9,gravity=0x0.5,fit=crop"},
         {"w=9,h=9,fit=cover,g=auto", "w=9,h=9,fit=cover,gravity=face"},
         {"w=9,h=9,fit=pad", "w=9,h=9,fit=pad,background=white", "w=9,h=9,fit=pad,g=top",
          "w=9,h=9,fit=pad,background=#FFF", "w=9,h=9,fit=pad,background=rgb(255,255,255)"}},
        {{"rotate=180", "flip=hv", "flip=hv,rotate=360", "flip=hv,rotate=0"},
         {"flip=v", "flip=h,rotate=180"},
         {"rotate=270", "flip=hv,rotate=90"}},
        {{"trim=0.1;0;0;0.05", "trim.left=0.05,trim.top=0.1",
          "trim.top=0.10,trim.left=0.05,trim.width=1.0"},
         {"trim=border", "trim=border,trim.border.keep=0", "trim.border.tolerance=10"},
         {"", "trim=0;0;0;0"}},
        {{"", "blur=0"}, {"blur=5", "blur=5.0"}},
        {{"", "sharpen=0", "sharpen=0.0"}, {"sharpen=1", "sharpen=1.0"}},
        {{"", "brightness=1", "brightness=0"}, {"brightness=0.5", "brightness=0.50"}},
        {{"", "contrast=1.0", "contrast=0"}, {"contrast=2"}},
        {{"", "gamma=1", "gamma=0"}, {"gamma=2"}},
        {{"", "saturation=1"}, {"saturation=0", "saturation=0.0"}},
        {{"q=90", "quality=high", "quality=90", "q=90,scq=high",
          "q=high,slow-connection-quality=90"},
         {"q=50", "quality=low"}},
        {{"f=jpeg", "format=jpeg", "f=jpg"}, {"f=auto", "format=auto"}, {"f=webp", "format=webp"}},
        {{"", "metadata=copyright"}, {"metadata=none"}},
        {{"", "anim=true"}, {"anim=false"}},
        {{"", "upscale=interpolate", "zoom=0", "face-zoom=0.5"}},
    };
    return groups;
}

const std::vector<Group>& imagekitGroups() {
    static const std::vector<Group> groups = {
        {{"w-200", "w-0200", "w-100,dpr-2", "w-200,c-maintain_ratio", "w-200,fo-auto"},
         {"w-0.5", "w-0.50", "w-0.5,dpr-3", "w-0.5,dpr-iw"},
         {"w-1", "w-1.0"},
         {"w-200,h-100", "h-100,w-200", "w-100,h-50,dpr-2", "w-200,h-100,ar-4-3",
          "w-100_mul_2,h-100", "w-100,h-50,dpr-1_mul_2", "w-100,h-50,dpr-4_div_2",
          "w-200,h-100,fo-center", "w-200,h-100,fo-custom", "w-200,h-100,x-5,z-2"},
         {"w-40,ar-4-3", "w-40,ar-4_3", "w-20,dpr-2,ar-4-3"},
         {"w-9,h-9,cm-pad_resize", "w-9,h-9,cm-pad_resize,c-force",
          "w-9,h-9,cm-pad_resize,bg-000000", "w-9,h-9,cm-pad_resize,bg-black",
          "w-9,h-9,cm-pad_resize,fo-auto"},
         {"w-9,h-9,fo-auto", "w-9,h-9,fo-face", "w-9,h-9,fo-dog"},
         {"w-auto,h-9", "h-9,w-auto"}},
        {{"rt-90", "rt-N270", "rt-90.0"}, {"", "rt-0", "rt-auto", "rt-N360"}},
        {{"fl-h_v", "fl-v_h"}, {"fl-h"}},
        {{"r-10", "r-10_10_10_10"}, {"", "r-0"}},
        {{"", "o-100"}, {"o-50", "o-050"}},
        {{"t-true", "t-10"}, {"", "t-false"}},
        {{"bl-5", "bl-05"}},
        {{"b-5_red", "b-5_FF0000", "b-2_add_3_red"}, {"", "b-0_red"}},
        {{"cr-red", "cr-FF0000_35", "cr-ff0000"}},
        {{"e-usm", "e-usm-2-2-0.8-0.024", "e-usm-2.0-2-0.80-0.024"}},
        {{"e-sharpen", "e-sharpen-1"}},
        {{"e-shadow", "e-shadow-bl-10_st-30", "e-shadow-y-2_x-2"}, {"", "e-shadow-st-0"}},
        {{"e-gradient", "e-gradient-ld-180", "e-gradient-sp-1_ld-bottom", "e-gradient-from-white"}},
        {{"e-colorize", "e-colorize-in-100_co-808080", "e-colorize-co-gray"},
         {"", "e-colorize-in-0"}},
        {{"l-image,i-a@@b.png,l-end", "l-image,ie-YS9iLnBuZw==,l-end",
          "l-image,i-a@@b.png,pg-1,l-end", "l-image,i-a@@b.png,t-true,lfo-center,q-50,l-end",
          "l-image,lap-top,i-a@@b.png,l-end"},
         {"l-image,i-a.png,lx-N0,l-end", "l-image,lx-N0,lfo-left,i-a.png,l-end"},
         {"l-text,i-Hi,l-end", "l-text,ie-SGk=,fs-45,l-end",
          "l-text,ia-center,i-Hi,co-000000,l-end"},
         {"l-image,i-ik_canvas,bg-red,l-end", "l-image,bg-FF0000,i-ik_canvas,l-end"}},
        {{"q-50", "q-050"}},
        {{"dn-200", "dn-100_mul_2", "dn-0200", "dn-199.9_add_0.2"}},
        {{"f-jpg", "f-jpeg"}, {"f-auto"}},
        {{"", "lo-false", "pr-false", "md-false", "cp-false"}},
    };
    return groups;
}

class Spelling {
public:
    explicit Spelling(unsigned seed) : random_(seed) {}

    std::size_t upTo(std::size_t last) { return random_() % (last + 1); }

    std::vector<const Spellings*> choose(const std::vector<Group>& groups) {
        std::vector<const Spellings*> chosen;
        for (const Group& group : groups) {
            if (upTo(2) == 0) {
                chosen.push_back(&group[upTo(group.size() - 1)]);
            }
        }
        return chosen;
    }

    // One way to write what was chosen, in any order.
    std::string write(std::vector<const Spellings*> chosen) {
        std::ranges::shuffle(chosen, random_);
        std::string text;
        for (const Spellings* spellings : chosen) {
            const std::string& item = (*spellings)[upTo(spellings->size() - 1)];
            text += text.empty() || item.empty() ? "" : ",";
            text += item;
        }
        return text;
    }

    // Some of its bytes escaped, in either case.
    std::string escape(const std::string& text) {
        std::string escaped;
        for (const char c : text) {
            const bool isPlain = upTo(2) != 0 && c != '#' && c != '+';
            const std::string_view digits = upTo(1) == 0 ? "0123456789abcdef" : "0123456789ABCDEF";
            const auto byte = static_cast<unsigned char>(c);
            escaped += isPlain ? std::string(1, c)
                               : std::string{'%', digits[byte >> 4], digits[byte & 15]};
        }
        return escaped;
    }

private:
    std::mt19937 random_;
};

TEST(SpellingProperty, cloudflareListsHaveOneText) {
    Spelling spelling(19);
    int requestCount = 0;
    for (int i = 0; i < 20000; ++i) {
        const auto chosen = spelling.choose(cloudflareGroups());
        const std::string one = spelling.write(chosen), other = spelling.write(chosen);
        if (one.empty() || other.empty()) {
            continue;
        }
        const auto first = cloudflare::parseRequest({"a.jpg/" + one, ""}, {});
        const auto second = cloudflare::parseRequest({"a.jpg/" + other, ""}, {});
        ASSERT_TRUE(first) << one << ": " << first.error().detail;
        ASSERT_TRUE(second) << other << ": " << second.error().detail;
        ASSERT_EQ(canonicalText(first->transform), canonicalText(second->transform)) << one << '\n'
                                                                                     << other;
        ++requestCount;
    }
    EXPECT_GT(requestCount, 15000);
}

// In a configuration the values are escaped, in a URL the server has decoded them.
TEST(SpellingProperty, cloudflareValuesMayBeEscaped) {
    Spelling spelling(23);
    for (int i = 0; i < 5000; ++i) {
        const std::string plain = spelling.write(spelling.choose(cloudflareGroups()));
        if (plain.empty() || plain.find('(') != plain.npos) {
            continue;
        }
        std::string escaped;
        for (std::size_t begin = 0; begin <= plain.size();) {
            const auto end = std::min(plain.find(',', begin), plain.size());
            const auto value = plain.find('=', begin) + 1;
            escaped += (escaped.empty() ? "" : ",") + plain.substr(begin, value - begin) +
                       spelling.escape(plain.substr(value, end - value));
            begin = end + 1;
        }
        const auto first = cloudflare::parseRequest({"a.jpg/" + plain, ""}, {});
        const auto second = cloudflare::parseOptions(escaped, {});
        ASSERT_TRUE(first) << plain;
        ASSERT_TRUE(second) << escaped << ": " << second.error().detail;
        ASSERT_EQ(canonicalText(first->transform), canonicalText(*second)) << escaped;
    }
}

TEST(SpellingProperty, imagekitChainsHaveOneText) {
    Spelling spelling(29);
    int requestCount = 0;
    for (int i = 0; i < 20000; ++i) {
        std::string path, query;
        for (auto steps = 1 + spelling.upTo(2); steps > 0; --steps) {
            const auto chosen = spelling.choose(imagekitGroups());
            const std::string one = spelling.write(chosen), other = spelling.write(chosen);
            path += (path.empty() || one.empty() ? "" : ":") + one;
            query += (query.empty() || other.empty() ? "" : ":") + other;
        }
        if (path.empty() || query.empty()) {
            continue;
        }
        const auto first = imagekit::parseRequest({"tr:" + path + "/a.jpg", ""}, {});
        const auto second =
            imagekit::parseRequest({"a.jpg", "v=3&tr=" + spelling.escape(query)}, {});
        ASSERT_TRUE(first) << path << ": " << first.error().detail;
        ASSERT_TRUE(second) << query << ": " << second.error().detail;
        ASSERT_EQ(first->path, second->path);
        ASSERT_EQ(canonicalText(first->transform), canonicalText(second->transform)) << path << '\n'
                                                                                     << query;
        ++requestCount;
    }
    EXPECT_GT(requestCount, 15000);
}

}  // namespace
}  // namespace private_image
