// Layers from a folder, where a gate would fetch them from the origin. Knows no pixels.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "transform/transform.hpp"

namespace private_image::tools {

// The bytes of all image layers, in the order of imageLayers(); at most `longest` in all. Their
// paths are looked up below `root`, and nothing that lies elsewhere is read, wherever links lead;
// without a root, layers are a error. The error is a sentence.
Result<std::vector<std::string>, std::string> readLayers(const Transform& transform,
                                                         const std::string& root,
                                                         std::size_t longest);

}  // namespace private_image::tools
