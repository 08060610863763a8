// Gathers the figures of the status page from counters, zone and caches.
#pragma once

#include <vector>

#include "status/figures.hpp"

namespace private_image {

struct MainConfig;
struct ZoneState;

// Precondition: the configuration has a zone, whose state `zone` is.
std::vector<Group> gatherFigures(const ZoneState& zone, const MainConfig& config);

}  // namespace private_image
