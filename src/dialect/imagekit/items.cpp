#include "dialect/imagekit/items.hpp"

#include <array>

namespace private_image::imagekit {

namespace {

constexpr std::string_view effectPrefix = "e-";

constexpr auto needModel = std::to_array<std::string_view>({
    "e-bgremove",
    "e-changebg",
    "e-dropshadow",
    "e-edit",
    "e-genvar",
    "e-removedotbg",
    "e-retouch",
    "e-upscale",
});

constexpr auto ofVideo = std::to_array<std::string_view>({"ac", "du", "eo", "so", "sr", "vc"});

template <std::size_t size>
bool contains(const std::array<std::string_view, size>& names, std::string_view name) {
    return std::ranges::find(names, name) != names.end();
}

ErrorText unsupported(std::string_view name, std::string_view why) {
    return "option " + inQuotes(name) + " is not supported: " + std::string(why);
}

// "e-sharpen-5" is the effect "e-sharpen" with a value.
Item parseItem(std::string_view text, bool opensStep) {
    const std::size_t nameStart = text.starts_with(effectPrefix) ? effectPrefix.size() : 0;
    const auto dash = text.find('-', nameStart);
    Item item{text, text.substr(0, dash), std::nullopt, opensStep};
    if (dash != std::string_view::npos) {
        item.value = text.substr(dash + 1);
    }
    return item;
}

}  // namespace

Result<std::vector<Item>, ErrorText> splitItems(std::string_view chain) {
    std::vector<Item> items;
    for (bool opensStep = false;;) {
        const auto end = chain.find_first_of(",:");
        const auto text = chain.substr(0, end);
        if (text.empty()) {
            return Error{ErrorText("empty item in the transformation")};
        }
        if (items.size() == maxItems) {
            return Error{"more than " + std::to_string(maxItems) + " items"};
        }
        items.push_back(parseItem(text, opensStep));
        if (end == std::string_view::npos) {
            return items;
        }
        opensStep = chain[end] == ':';
        chain.remove_prefix(end + 1);
    }
}

ErrorText formError(const Item& item, Takes takes, bool isRepeated) {
    if (takes == Takes::value && (!item.value || item.value->empty())) {
        return "option " + inQuotes(item.key) + " needs a value";
    }
    if (takes == Takes::nothing && item.value) {
        return "option " + inQuotes(item.key) + " takes no value, not " + inQuotes(*item.value);
    }
    if (takes == Takes::valueOrNothing && item.value && item.value->empty()) {
        return "option " + inQuotes(item.key) + " has an empty value";
    }
    return isRepeated ? "option " + inQuotes(item.key) + " is given twice" : ErrorText();
}

ErrorText badValue(const Item& item, std::string_view expected) {
    return "option " + inQuotes(item.key) + " must be " + std::string(expected) + ", not " +
           inQuotes(item.value.value_or(std::string_view()));
}

ErrorText unsupportedItem(const Item& item) {
    if (contains(needModel, item.key)) {
        return unsupported(item.key, "it needs an AI model");
    }
    if (item.key == "bg" && item.value && item.value->starts_with("genfill")) {
        return unsupported("bg-genfill", "it needs an AI model");
    }
    if (contains(ofVideo, item.key) || item.text == "l-video" || item.text == "l-subtitles") {
        return unsupported(item.key == "l" ? item.text : item.key, "it is for videos");
    }
    return {};
}

ErrorText unknownKey(const Item& item) {
    if (item.text == "l-end") {
        return "\"l-end\" closes no layer";
    }
    if (item.text == "if-else" || item.text == "if-end") {
        return inQuotes(item.text) + " belongs to no condition";
    }
    if (item.key == "l") {
        return "unknown layer " + inQuotes(item.text) + ": write l-image or l-text";
    }
    return "unknown option " + inQuotes(item.key);
}

}  // namespace private_image::imagekit
