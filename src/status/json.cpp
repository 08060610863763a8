#include <nlohmann/json.hpp>

#include "status/formats.hpp"

namespace private_image {
namespace {

using Json = nlohmann::ordered_json;

Json numberJson(Number number) {
    return number.isMilliseconds ? Json(static_cast<double>(number.value) / 1000)
                                 : Json(number.value);
}

Json histogramJson(const Distribution& all) {
    Json buckets = Json::object();
    for (std::size_t i = 0; i < all.upTo.size(); i++) {
        buckets[boundText(bucketBounds[i])] = all.upTo[i];
    }
    buckets["+Inf"] = all.count;
    return {{"buckets", std::move(buckets)},
            {"sum", numberJson({all.milliseconds, true})},
            {"count", all.count}};
}

Json samplesJson(const Figure& figure) {
    Json samples = Json::array();
    for (const Sample& sample : figure.samples) {
        Json one = Json::object();
        for (const auto& [name, value] : sample.labels) {
            one[std::string(name)] = value;
        }
        one["value"] = numberJson(sample.number);
        samples.push_back(std::move(one));
    }
    return samples;
}

Json figureJson(const Figure& figure) {
    if (figure.distribution) {
        return histogramJson(*figure.distribution);
    }
    return figure.isPlain() ? numberJson(figure.samples.front().number) : samplesJson(figure);
}

}  // namespace

std::string jsonText(const std::vector<Group>& groups) {
    Json all = Json::object();
    for (const Group& group : groups) {
        for (const Figure& figure : group.figures) {
            all["private_image_" + std::string(figure.name)] = figureJson(figure);
        }
    }
    return all.dump(2) + '\n';
}

}  // namespace private_image
