// What there is to tell of counters, zone and caches: named figures, in groups. Knows not how they
// are written.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "nginx/shared_memory/counters.hpp"

namespace private_image {

struct MainConfig;
struct ZoneState;

struct Sample {
    std::vector<std::pair<std::string_view, std::string>> labels;
    std::string value;
};

struct Distribution {
    std::array<std::uint64_t, Histogram::bounds.size()> upTo;  // cumulative
    std::uint64_t count;
    std::uint64_t milliseconds;
};

struct Figure {
    enum class Kind : std::uint8_t { counter, gauge, histogram };

    Kind kind;
    std::string_view name;  // as Prometheus and JSON have it, less the common prefix
    std::string_view help;
    std::vector<Sample> samples = {};  // of a counter or gauge
    std::optional<Distribution> distribution = {};

    bool isPlain() const { return samples.size() == 1 && samples.front().labels.empty(); }
};

struct Group {
    std::string_view title;
    std::vector<Figure> figures;
};

// Labels are in printable ASCII.
std::vector<Group> gatherFigures(const ZoneState& zone, const MainConfig& config);

std::string secondsText(std::uint64_t milliseconds);

}  // namespace private_image
