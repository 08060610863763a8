// Figures as Prometheus text, as JSON under the same names, and as a page for people.
#pragma once

#include <string>
#include <vector>

#include "nginx/endpoints/status_figures.hpp"

namespace private_image {

std::string prometheusText(const std::vector<Group>& groups);
std::string jsonText(const std::vector<Group>& groups);
std::string htmlText(const std::vector<Group>& groups);

}  // namespace private_image
