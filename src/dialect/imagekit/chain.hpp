// ImageKit's transformation chains: which items make which step, layer or condition, and how deep
// they nest. Single keys are left to the readers of steps, layers and results; URLs to
// imagekit.cpp.
#pragma once

#include <string_view>

#include "base/result.hpp"
#include "dialect/parsed_request.hpp"
#include "transform/transform.hpp"
#include "transform/variants.hpp"

namespace private_image::imagekit {

inline constexpr std::size_t maxSteps = 16;       // of one chain
inline constexpr std::size_t maxLayers = 16;      // in all
inline constexpr std::size_t maxLayerLevels = 3;  // a layer in a layer in a layer
inline constexpr std::size_t maxChoiceLevels = 3;

struct Chain {
    Transform transform;      // normalised
    bool isOriginal = false;  // orig-true stood somewhere
};

// The variant where the chain is its name and nothing else; null for every other chain.
const Variant* variantAlone(std::string_view text, const Variants& variants);

// Mistakes in what is written come before names that nobody defined. `hasCompany`: something beside
// the chain changes the result as well, so that a name in it is not alone.
Result<Chain, ParseError> readChain(std::string_view text, const Variants& variants,
                                    bool hasCompany);

}  // namespace private_image::imagekit
