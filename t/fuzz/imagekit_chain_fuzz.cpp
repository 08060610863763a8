// Two lines with ImageKit's chains, each parsed in the path, in the query and as a variant.
#include <optional>

#include "base/encoding.hpp"
#include "dialect/imagekit/chain.hpp"
#include "item_mutator.hpp"
#include "request_checks.hpp"
#include "spelling/spelling.hpp"

namespace private_image::fuzzing {
namespace {

struct Depth {
    std::size_t layers = 0, choices = 0;
};

void requireBounded(const std::vector<Step>& steps, Depth depth, std::size_t& layers) {
    require(steps.size() <= imagekit::maxSteps, "steps are counted");
    require(depth.layers <= imagekit::maxLayerLevels && depth.choices <= imagekit::maxChoiceLevels,
            "levels are counted");
    for (const Step& step : steps) {
        if (step.condition) {
            requireBounded(step.then, {depth.layers, depth.choices + 1}, layers);
            requireBounded(step.otherwise, {depth.layers, depth.choices + 1}, layers);
        }
        for (const Layer& layer : step.layers) {
            require(++layers <= imagekit::maxLayers, "layers are counted");
            requireBounded(layer.steps, {depth.layers + 1, depth.choices}, layers);
        }
    }
}

void requireSameInPath(std::string_view chain, const ParsedRequest& inQuery) {
    if (chain.find('/') != chain.npos) {
        return;  // segments of the path
    }
    const auto inPath =
        imagekit::parseRequest({"tr:" + std::string(chain) + "/a.jpg", {}}, variants());
    require(bool(inPath), "a path takes the chain that a query takes", chain);
    require(inPath->requestKind == inQuery.requestKind && inPath->variant == inQuery.variant,
            "a chain asks for the same wherever it stands", chain);
    requireSame(inPath->transform, inQuery.transform, "a chain is the same wherever it stands");
}

// Writing the canonical text as a chain and parsing it again must give the same transformation.
void requireFixedPoint(const Transform& transform) {
    const auto spelled = spelledForImagekit(canonicalText(transform));
    if (!spelled) {
        return;
    }
    const auto again = imagekit::parseChain(*spelled, {});
    if (!again) {
        // Keys of the result, or the content of a layer, have become a separate step.
        require(again.error().detail.starts_with("more than "), "what is canonical can be asked",
                *spelled + '\n' + again.error().detail);
        return;
    }
    requireSame(*again, transform, "what is canonical is read as what it is of");
}

std::optional<Transform> transformOf(std::string_view chain) {
    const std::string query = "tr=" + formEncode(chain);
    auto parsed = imagekit::parseRequest({"a.jpg", query}, variants());
    if (!parsed) {
        requireRefusal(parsed.error());
        return std::nullopt;
    }
    requireRequest(*parsed, variants());
    std::size_t layers = 0;
    requireBounded(parsed->transform.steps, {}, layers);
    requireSameInPath(chain, *parsed);
    if (parsed->requestKind == RequestKind::adhoc) {
        const auto stored = imagekit::parseChain(chain, variants());
        require(bool(stored), "a variant takes the chain that a URL takes", chain);
        requireSame(*stored, parsed->transform, "a chain is the same in a variant");
        requireFixedPoint(parsed->transform);
    }
    return std::move(parsed->transform);
}

}  // namespace
}  // namespace private_image::fuzzing

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t longest, unsigned seed) {
    return private_image::fuzzing::mutateItems(data, size, longest, seed);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace private_image::fuzzing;
    requireOneTextEachOfLines(textOf(data, size), transformOf);
    return 0;
}
