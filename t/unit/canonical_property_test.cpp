// Properties of the normal form and of the canonical text of random transforms.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "random_transforms.hpp"
#include "transform/canonical.hpp"

namespace private_image {
namespace {

Transform normalised(Transform transform) {
    normalise(transform);
    return transform;
}

TEST(CanonicalProperty, equalTextMeansEqualTransform) {
    RandomTransforms random(3);
    std::map<std::string, Transform> known;
    int repeated = 0;
    for (int i = 0; i < 50000; ++i) {
        const Transform transform = normalised(random.transform());
        const std::string text = canonicalText(transform);
        const auto [entry, isNew] = known.emplace(text, transform);
        repeated += isNew ? 0 : 1;
        ASSERT_EQ(entry->second, transform) << text;
    }
    EXPECT_GT(repeated, 1000);
}

// The generated pairs are often equal, so that equal and different texts both occur.
TEST(CanonicalProperty, equalTransformsHaveEqualTexts) {
    RandomTransforms random(5);
    int equal = 0;
    for (int i = 0; i < 50000; ++i) {
        const Transform original = random.transform();
        Transform changed = original;
        random.change(changed);
        const Transform one = normalised(original);
        const Transform other = normalised(changed);
        equal += one == other ? 1 : 0;
        ASSERT_EQ(one == other, canonicalText(one) == canonicalText(other))
            << canonicalText(one) << '\n'
            << canonicalText(other);
    }
    EXPECT_GT(equal, 1000);
    EXPECT_LT(equal, 49000);
}

TEST(CanonicalProperty, normalisingAgainChangesNothing) {
    RandomTransforms random(7);
    for (int i = 0; i < 50000; ++i) {
        const Transform once = normalised(random.transform());
        const Transform twice = normalised(once);
        ASSERT_EQ(once, twice) << canonicalText(once) << '\n' << canonicalText(twice);
        ASSERT_EQ(canonicalText(once), canonicalText(twice));
    }
}

TEST(CanonicalProperty, textsNeedNoEscaping) {
    RandomTransforms random(11);
    for (int i = 0; i < 20000; ++i) {
        const std::string text = canonicalText(normalised(random.transform()));
        ASSERT_EQ(text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                         "0123456789-_.~/%(),=@+"),
                  text.npos)
            << text;
    }
}

TEST(CanonicalProperty, theOrderOfEffectsDoesNotMatter) {
    RandomTransforms random(13);
    for (int i = 0; i < 20000; ++i) {
        const Transform transform = random.transform();
        Transform reversed = transform;
        for (Step& step : reversed.steps) {
            std::ranges::reverse(step.effects);
        }
        ASSERT_EQ(normalised(transform), normalised(reversed));
    }
}

TEST(CanonicalProperty, noStepOfANormalTransformIsEmpty) {
    RandomTransforms random(17);
    for (int i = 0; i < 20000; ++i) {
        for (const Step& step : normalised(random.transform()).steps) {
            ASSERT_NE(step, Step{});
        }
    }
}

}  // namespace
}  // namespace private_image
