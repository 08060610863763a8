// Functions over the nested steps and layers of a transform. The recursion is bounded, since the
// parsers limit the depth of nesting.
#include "transform/transform.hpp"

#include <algorithm>

namespace private_image {

namespace {

void collectImageLayers(const std::vector<Step>& steps, std::vector<const Layer*>& found) {
    for (const Step& step : steps) {
        if (step.condition) {
            collectImageLayers(step.then, found);
            collectImageLayers(step.otherwise, found);
            continue;
        }
        for (const Layer& layer : step.layers) {
            if (layer.kind == Layer::Kind::image) {
                found.push_back(&layer);
            }
            collectImageLayers(layer.steps, found);
        }
    }
}

template <typename Target, typename Value>
void assign(Target& target, const std::optional<Value>& value) {
    if (value) {
        target = *value;
    }
}

}  // namespace

// Defined here, because the elements of the vectors are incomplete types in the header.
bool Layer::operator==(const Layer&) const = default;
bool Step::operator==(const Step&) const = default;

bool isIdle(const Step& step) {
    static const Step idle;  // static, since a step is large and every request calls this
    return step == idle;
}

void apply(const ResultChange& change, Transform& transform) {
    if (change.formatChoice != FormatChoice::unnamed) {
        transform.formatChoice = change.formatChoice;
        transform.format = change.format;
    }
    Encoding& encoding = transform.encoding;
    if (change.quality) {
        encoding.quality = change.quality;
        encoding.slowQuality.reset();
    }
    assign(encoding.slowQuality, change.slowQuality);
    assign(encoding.lossless, change.lossless);
    assign(encoding.progressive, change.progressive);
    assign(encoding.keepsProfile, change.keepsProfile);
    assign(encoding.density, change.density);
    encoding.isFast = encoding.isFast || change.isFast;
    encoding.palette = encoding.palette || change.palette;
    assign(transform.metadata, change.metadata);
    // A watermark that is named several times is drawn once.
    for (const Watermark* watermark : change.watermarks) {
        if (std::ranges::find(transform.watermarks, watermark) == transform.watermarks.end()) {
            transform.watermarks.push_back(watermark);
        }
    }
}

ResultChange changeFrom(const Transform& stored) {
    const Encoding& encoding = stored.encoding;
    const auto onlyTrue = [](bool isSet) { return isSet ? std::optional(true) : std::nullopt; };
    ResultChange change;
    change.formatChoice = stored.formatChoice;
    change.format = stored.format;
    change.quality = encoding.quality;
    change.slowQuality = encoding.slowQuality;
    change.lossless = onlyTrue(encoding.lossless);
    change.progressive = encoding.progressive;
    change.keepsProfile = onlyTrue(encoding.keepsProfile);
    change.isFast = encoding.isFast;
    change.palette = encoding.palette;
    change.density = encoding.density;
    change.watermarks = stored.watermarks;
    return change;
}

bool hasResultChange(const std::vector<Step>& steps) {
    bool isFound = false;
    forEachStep(steps,
                [&](const Step& step) { isFound = isFound || step.result != ResultChange{}; });
    return isFound;
}

bool isNegotiated(const Transform& transform) {
    bool isFound = transform.formatChoice == FormatChoice::automatic;
    forEachStep(transform.steps, [&](const Step& step) {
        isFound = isFound || step.result.formatChoice == FormatChoice::automatic;
    });
    return isFound;
}

void dropMetadata(std::vector<Step>& steps) {
    forEachStep(steps, [](Step& step) { step.result.metadata.reset(); });
}

void dropMetadata(Transform& transform) {
    transform.metadata = Metadata::none;
    dropMetadata(transform.steps);
}

std::vector<const Layer*> imageLayers(const Transform& transform) {
    std::vector<const Layer*> found;
    collectImageLayers(transform.steps, found);
    return found;
}

bool mayDeliverSource(const Transform& transform) {
    bool isPlain = transform.watermarks.empty() && transform.format != Format::json;
    forEachStep(transform.steps, [&](const Step& step) {
        isPlain = isPlain && step.layers.empty() && step.result.watermarks.empty() &&
                  step.result.format != Format::json;
    });
    return isPlain;
}

}  // namespace private_image
