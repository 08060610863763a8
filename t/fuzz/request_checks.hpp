// Checks properties of every parsed request and every refusal, in both dialects.
#pragma once

#include "dialect/parsed_request.hpp"
#include "fuzzing.hpp"

namespace private_image::fuzzing {

inline void requireRefusal(const ParseError& error) {
    require(error.reason == Reason::badUrl || error.reason == Reason::badOptions ||
                error.reason == Reason::unknownVariant,
            "a parser refuses for the URL, the options or the variant", reasonWord(error.reason));
    require(!error.detail.empty() && isPrintable(error.detail), "a detail is printable",
            error.detail);
}

inline bool keepsMetadata(const Transform& transform) {
    bool keeps = transform.metadata != Metadata::none;
    forEachStep(transform.steps, [&keeps](const Step& step) {
        keeps = keeps || step.result.metadata.value_or(Metadata::none) != Metadata::none;
    });
    return keeps;
}

inline void requireVariant(const ParsedRequest& request, const Variants& variants) {
    const auto found = variants.find(request.variant);
    require(found != variants.end(), "a variant that was asked for exists", request.variant);
    const Variant& variant = found->second;
    require((request.requestKind == RequestKind::publicVariant) ==
                (variant.isPublic && !variant.isOriginal),
            "a variant is as public as the configuration says", request.variant);
    require(variant.isOriginal || request.transform == variant.transform,
            "a variant is what the configuration says", canonicalText(request.transform));
}

inline void requireRequest(const ParsedRequest& request, const Variants& variants) {
    require(request.path.starts_with('/') && pathError(request.path).empty(),
            "a path can be fetched", request.path);
    requireNormal(request.transform);
    require(request.requestKind != RequestKind::original || request.transform == Transform{},
            "an original is not transformed", canonicalText(request.transform));
    require(request.requestKind != RequestKind::publicVariant || !keepsMetadata(request.transform),
            "a public variant keeps no metadata", canonicalText(request.transform));
    if (request.requestKind == RequestKind::publicVariant ||
        request.requestKind == RequestKind::signedVariant || !request.variant.empty()) {
        requireVariant(request, variants);
    }
}

}  // namespace private_image::fuzzing
