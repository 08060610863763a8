// The eighty names of the COCO dataset, in camelCase as in ImageKit's documentation.
#include "dialect/imagekit/objects.hpp"

#include <algorithm>
#include <array>

namespace private_image::imagekit {

namespace {

// Sorted.
constexpr auto objectNames = std::to_array<std::string_view>({
    "airplane",     "apple",        "backpack",   "banana",      "baseballBat",  "baseballGlove",
    "bear",         "bed",          "bench",      "bicycle",     "bird",         "boat",
    "book",         "bottle",       "bowl",       "broccoli",    "bus",          "cake",
    "car",          "carrot",       "cat",        "cellPhone",   "chair",        "clock",
    "couch",        "cow",          "cup",        "diningTable", "dog",          "donut",
    "elephant",     "fireHydrant",  "fork",       "frisbee",     "giraffe",      "hairDrier",
    "handbag",      "horse",        "hotDog",     "keyboard",    "kite",         "knife",
    "laptop",       "microwave",    "motorcycle", "mouse",       "orange",       "oven",
    "parkingMeter", "person",       "pizza",      "pottedPlant", "refrigerator", "remote",
    "sandwich",     "scissors",     "sheep",      "sink",        "skateboard",   "skis",
    "snowboard",    "spoon",        "sportsBall", "stopSign",    "suitcase",     "surfboard",
    "teddyBear",    "tennisRacket", "tie",        "toaster",     "toilet",       "toothbrush",
    "trafficLight", "train",        "truck",      "tv",          "umbrella",     "vase",
    "wineGlass",    "zebra",
});
static_assert(objectNames.size() == 80 && std::ranges::is_sorted(objectNames));

}  // namespace

bool isObjectName(std::string_view name) {
    return std::ranges::binary_search(objectNames, name);
}

}  // namespace private_image::imagekit
