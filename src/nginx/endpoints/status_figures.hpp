// Gathers the figures of the status page from counters, zone and caches.
#pragma once

#include <vector>

#include "status/figures.hpp"

namespace private_image {

struct MainConfig;
struct ZoneState;

// `zone` is the state of the configuration's zone.
std::vector<Group> gatherFigures(const ZoneState& zone, const MainConfig& config);

}  // namespace private_image
