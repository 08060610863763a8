// The list of images that a transform needs, and comparison of its nested parts.
#include "transform/transform.hpp"

#include <gtest/gtest.h>

namespace private_image {
namespace {

Layer imageLayer(std::string path, std::vector<Layer> inner = {}) {
    Layer layer;
    layer.path = std::move(path);
    if (!inner.empty()) {
        layer.steps.resize(1);
        layer.steps[0].layers = std::move(inner);
    }
    return layer;
}

Step stepWith(std::vector<Layer> layers) {
    Step step;
    step.layers = std::move(layers);
    return step;
}

Step choiceOf(std::vector<Step> then, std::vector<Step> otherwise) {
    Step step;
    step.condition = Condition{{{{}}}};
    step.then = std::move(then);
    step.otherwise = std::move(otherwise);
    return step;
}

std::vector<std::string> pathsOf(const Transform& transform) {
    std::vector<std::string> paths;
    for (const Layer* layer : imageLayers(transform)) {
        paths.push_back(layer->path);
    }
    return paths;
}

TEST(ImageLayers, areListedDepthFirstInBothBranches) {
    Layer text;
    text.kind = Layer::Kind::text;
    text.steps = {stepWith({imageLayer("/in-text")})};
    Transform transform;
    transform.steps = {
        stepWith(
            {imageLayer("/a", {imageLayer("/b", {imageLayer("/c")}), imageLayer("/d")}), text}),
        choiceOf({stepWith({imageLayer("/then")})},
                 {choiceOf({}, {stepWith({imageLayer("/else")})})}),
        stepWith({imageLayer("/a")})};
    EXPECT_EQ(pathsOf(transform), (std::vector<std::string>{"/a", "/b", "/c", "/d", "/in-text",
                                                            "/then", "/else", "/a"}));
    EXPECT_TRUE(imageLayers({}).empty());
}

TEST(ImageLayers, onlyWhatCountsIsListed) {
    Step choice = choiceOf({}, {});
    choice.layers = {imageLayer("/beside-a-choice")};
    Step plain = stepWith({imageLayer("/a")});
    plain.then = {stepWith({imageLayer("/without-a-condition")})};
    Transform transform;
    transform.steps = {choice, plain};
    EXPECT_EQ(pathsOf(transform), (std::vector<std::string>{"/a"}));
}

TEST(Transforms, mayBeReplacedByTheSourceIfNothingIsMissing) {
    Transform transform;
    EXPECT_TRUE(mayDeliverSource(transform));
    Step sized;
    sized.width.value = 20;
    transform.steps = {sized, choiceOf({sized}, {sized})};
    transform.format = Format::png;
    EXPECT_TRUE(mayDeliverSource(transform));
    const Watermark watermark;
    for (const bool isInBranch : {false, true}) {
        const auto with = [&](const Step& step) {
            Transform changed = transform;
            changed.steps.push_back(isInBranch ? choiceOf({sized}, {step}) : step);
            return changed;
        };
        Layer text;
        text.kind = Layer::Kind::text;
        EXPECT_FALSE(mayDeliverSource(with(stepWith({imageLayer("/a")}))));
        EXPECT_FALSE(mayDeliverSource(with(stepWith({text}))));
        Step marked, described;
        marked.result.watermarks = {&watermark};
        described.result.format = Format::json;
        EXPECT_FALSE(mayDeliverSource(with(marked)));
        EXPECT_FALSE(mayDeliverSource(with(described)));
        EXPECT_TRUE(mayDeliverSource(with(sized)));
    }
    Transform marked = transform, described = transform;
    marked.watermarks = {&watermark};
    described.format = Format::json;
    EXPECT_FALSE(mayDeliverSource(marked));
    EXPECT_FALSE(mayDeliverSource(described));
}

TEST(Transforms, compareNestedParts) {
    const Step one = choiceOf({stepWith({imageLayer("/a", {imageLayer("/b")})})}, {});
    const Step other = choiceOf({stepWith({imageLayer("/a", {imageLayer("/c")})})}, {});
    EXPECT_EQ(one, one);
    EXPECT_NE(one, other);
}

}  // namespace
}  // namespace private_image
