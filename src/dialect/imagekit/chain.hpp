// ImageKit's transformation chains: how items form steps, layers and conditions, and how deeply
// these nest. Readers of steps, layers and results read single keys.
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
    bool isOriginal = false;  // orig-true is one of its items
};

// The variant, if the chain is only its name; null for every other chain.
const Variant* variantAlone(std::string_view text, const Variants& variants);

// Syntax errors are reported before unknown names. `hasCompany`: something outside the chain
// changes the result, too, so that a name in it is not the whole request.
Result<Chain, ParseError> readChain(std::string_view text, const Variants& variants,
                                    bool hasCompany);

}  // namespace private_image::imagekit
