// The forms of the status page. All names begin with private_image_ in the first two.
#pragma once

#include <string>
#include <vector>

#include "status/figures.hpp"

namespace private_image {

// Prometheus' text format, version 0.0.4.
std::string prometheusText(const std::vector<Group>& groups);

// One object. A figure with labels is an array of objects that have the labels and "value"; a
// histogram is an object of "buckets", "sum" and "count".
std::string jsonText(const std::vector<Group>& groups);

// A page for people. Leaves out counters with labels that are zero.
std::string htmlText(const std::vector<Group>& groups);

}  // namespace private_image
