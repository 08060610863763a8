// What walks the nested parts of a transform: comparison, and the list of the images it needs.
// Depth is bounded by the dialects, which nest no deeper than they parse.
#include "transform/transform.hpp"

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

}  // namespace

// Not in the header, where the vectors' elements are still incomplete.
bool Layer::operator==(const Layer&) const = default;
bool Step::operator==(const Step&) const = default;

std::vector<const Layer*> imageLayers(const Transform& transform) {
    std::vector<const Layer*> found;
    collectImageLayers(transform.steps, found);
    return found;
}

}  // namespace private_image
