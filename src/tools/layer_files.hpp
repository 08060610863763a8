// Reads layers from a folder; a gate would fetch them from the origin.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "transform/transform.hpp"

namespace private_image::tools {

// The bytes of all image layers, in the order of imageLayers(); at most `maxSize` bytes in all.
// Their paths are resolved below `root`, and a file outside it is refused, also through a symbolic
// link. Without a root, a layer is an error. The error is a sentence.
Result<std::vector<std::string>, std::string> readLayers(const Transform& transform,
                                                         const std::string& root,
                                                         std::size_t maxSize);

}  // namespace private_image::tools
