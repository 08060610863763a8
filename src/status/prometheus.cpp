#include "status/formats.hpp"

namespace private_image {
namespace {

// Labels are in printable ASCII, so that only these two need an escape.
std::string quoted(std::string_view text) {
    std::string result = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            result += '\\';
        }
        result += c;
    }
    return result + '"';
}

std::string labelsText(const Sample& sample) {
    std::string text;
    for (const auto& [name, value] : sample.labels) {
        text += text.empty() ? "{" : ",";
        text.append(name).append("=").append(quoted(value));
    }
    return text.empty() ? text : text + '}';
}

std::string histogramText(const std::string& name, const Distribution& all) {
    std::string text;
    for (std::size_t i = 0; i < all.upTo.size(); i++) {
        text += name + "_bucket{le=\"" + boundText(bucketBounds[i]) + "\"} " +
                std::to_string(all.upTo[i]) + '\n';
    }
    const std::string count = std::to_string(all.count) + '\n';
    return text + name + "_bucket{le=\"+Inf\"} " + count + name + "_sum " +
           numberText({all.milliseconds, true}) + '\n' + name + "_count " + count;
}

}  // namespace

std::string prometheusText(const std::vector<Group>& groups) {
    constexpr std::array<std::string_view, 3> kinds{"counter", "gauge", "histogram"};
    std::string text;
    for (const Group& group : groups) {
        for (const Figure& figure : group.figures) {
            const std::string name = "private_image_" + std::string(figure.name);
            text.append("# HELP " + name + ' ').append(figure.help).append(".\n# TYPE " + name);
            text.append(" ").append(kinds[static_cast<std::size_t>(figure.kind)]).append("\n");
            for (const Sample& sample : figure.samples) {
                text += name + labelsText(sample) + ' ' + numberText(sample.number) + '\n';
            }
            if (figure.distribution) {
                text += histogramText(name, *figure.distribution);
            }
        }
    }
    return text;
}

}  // namespace private_image
