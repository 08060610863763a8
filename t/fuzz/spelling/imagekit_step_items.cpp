// Every function inverts a row of the tables in dialect/imagekit/step.cpp and result.cpp.
#include "spelling/imagekit_step_items.hpp"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <utility>

#include "base/encoding.hpp"
#include "spelling/imagekit_values.hpp"

namespace private_image::fuzzing {
namespace {

using View = std::string_view;

std::string asIs(View value) {
    return std::string(value);
}

std::string decimal(View value) {
    return decimalText(numberOf(value));
}

// One pixel must be written as a formula, since the number 1 is a fraction. The density is already
// included.
std::string sideText(View side, double density) {
    if (side == "auto" || side.starts_with('(')) {
        return side == "auto" ? "auto" : quantityText(side);
    }
    if (side.ends_with('x')) {
        const double share = numberOf(side.substr(0, side.size() - 1));
        const std::string text = decimalText(share);
        return text.empty() ? formulaOf(share) : text;
    }
    const double pixels = numberOf(side);
    if (density == 1 && pixels > 1) {
        return decimalText(pixels);
    }
    const double before = std::max(std::round(pixels / density * 1e5) / 1e5, 1.00001);
    return std::round(before * density) == pixels ? formulaOf(before) : "";
}

void addFit(Items& items, Fields& step, bool hasBox) {
    constexpr std::pair<View, View> fits[] = {{"", "c-at_max"},
                                              {"inside", "c-at_max_enlarge"},
                                              {"outside", "c-at_least"},
                                              {"cover", "c-maintain_ratio"},
                                              {"cover-no-enlarge", "c-maintain_ratio_no_enlarge"},
                                              {"stretch", "c-force"},
                                              {"pad", "cm-pad_resize"},
                                              {"pad-no-enlarge", "cm-pad_resize_no_enlarge"},
                                              {"extract", "cm-extract"},
                                              {"pad-extract", "cm-pad_extract"}};
    const View fit = step.takeOr("fit", "");
    const auto found = std::ranges::find(fits, fit, &std::pair<View, View>::first);
    if (found == std::end(fits)) {
        items.fail();
    } else if (hasBox) {
        items.addWord(found->second);
    }
}

// "key-value" parts joined by underscores; empty if all have their defaults.
struct Part {
    View name;
    View key;
    std::string (*text)(View value);
};

void addParts(Items& items, Fields& step, View name, std::string word,
              std::initializer_list<Part> parts) {
    auto fields = step.takeGroup(name);
    if (!fields) {
        return;
    }
    char joint = '-';
    for (const Part& part : parts) {
        if (const auto value = fields->take(part.name)) {
            const std::string text = part.text(*value);
            if (text.empty()) {
                items.fail();
            }
            word += joint + std::string(part.key) + text;
            joint = '_';
        }
    }
    items.close(*fields);
    items.addWord(word);
}

std::string stopText(View value) {
    const bool isPlain = !value.starts_with('(') && numberOf(value) > 0;
    const std::string text = isPlain ? decimal(value) : "";
    return text.empty() ? quantityText(value) : text;
}

void addUnsharpMask(Items& items, Fields& step) {
    if (auto mask = step.takeGroup("unsharp-mask")) {
        std::string value;
        for (const auto& [name, usual] : {std::pair("radius", "2"),
                                          {"sigma", "2"},
                                          {"amount", "0.8"},
                                          {"threshold", "0.024"}}) {
            value += (value.empty() ? "" : "-") + decimal(mask->takeOr(name, usual));
        }
        items.add("e-usm-", value);
    }
}

void addReplacement(Items& items, Fields& step) {
    if (auto replace = step.takeGroup("replace")) {
        std::string value = colourText(*replace->take("to"));
        value += '_' + wholeText(replace->takeOr("tolerance", "35"));
        if (const auto from = replace->take("from")) {
            const std::string colour = colourText(*from);
            value = colour.empty() ? "" : value + '_' + colour;
        }
        items.add("cr-", value.starts_with('_') ? "" : value);
    }
}

std::string backgroundText(View value) {
    auto rest = value;
    const auto groups = takeGroups(rest);
    if (groups.empty()) {
        return colourText(value);
    }
    Fields background(groups[0]);
    const View kind = background.takeOr("kind", "");
    if (kind == "dominant") {
        return "dominant";
    }
    if (kind == "gradient") {
        return background.take("shades") ? "gradient_dominant_4" : "gradient_dominant";
    }
    const auto blur = background.take("blur");
    return "blurred_" + (blur ? wholeText(*blur) : "auto") + '_' +
           wholeText(background.takeOr("brightness", "0"));
}

std::string roundingText(View value) {
    if (value == "max") {
        return "max";
    }
    std::string text;
    for (const View radius : splitOutside(value, 'x')) {
        text += (text.empty() ? "" : "_") + wholeText(radius);
    }
    return text;
}

void addBorder(Items& items, Fields& step) {
    if (auto border = step.takeGroup("border")) {
        const std::string width = quantityText(*border->take("width"));
        const std::string colour = colourText(*border->take("colour"));
        items.add("b-", width.empty() || colour.empty() ? "" : width + '_' + colour);
    }
}

void addDistortion(Items& items, Fields& step) {
    auto distort = step.takeGroup("distort");
    if (!distort) {
        return;
    }
    items.take(*distort, "arc", "e-distort-a-", wholeText);
    items.take(*distort, "corners", "e-distort-p-", [](View corners) {
        std::string text;
        for (const View corner : splitOutside(corners, 'x')) {
            text += (text.empty() ? "" : "_") + wholeText(corner);
        }
        return text;
    });
    items.close(*distort);
}

}  // namespace

void addSize(Items& items, Fields& step) {
    // Around a face, the largest part with this ratio is cut out.
    if (step.has("ratio") && step.has("keep") && step.find("fit") == "cover-ratio") {
        step.take("fit");
        step.take("w");
        step.take("keep");
        items.take(step, "ratio", "ar-", ratioText);
        items.addWord("fo-face");
        return;
    }
    const double density = numberOf(step.takeOr("density", "1"));
    if (density != 1) {
        items.add("dpr-", decimalText(density));
    }
    items.take(step, "density-formula", "dpr-", quantityText);
    if (step.takeFlag("density-hint")) {
        items.addWord("dpr-auto");
    }
    const bool hasBox = step.has("w") || step.has("h");
    for (const auto& [side, key] : {std::pair("w", "w-"), {"h", "h-"}}) {
        items.take(step, side, key, [density](View value) { return sideText(value, density); });
    }
    items.take(step, "ratio", "ar-", ratioText);
    addFit(items, step, hasBox);
    if (step.take("keep")) {
        items.addWord("fo-auto");
    }
    items.take(step, "at", "fo-", placeText);
    for (const auto& [offset, key] :
         {std::pair("x", "x-"), {"y", "y-"}, {"cx", "xc-"}, {"cy", "yc-"}}) {
        items.take(step, offset, key,
                   [](View value) { return value == "0" ? "0" : quantityText(value); });
    }
}

void addEffects(Items& items, Fields& step) {
    for (const auto& [name, word] :
         {std::pair("grayscale", "e-grayscale"), {"stretch-contrast", "e-contrast"}}) {
        if (step.takeFlag(name)) {
            items.addWord(word);
        }
    }
    addReplacement(items, step);
    addParts(items, step, "colorize", "e-colorize",
             {{"colour", "co-", colourText}, {"intensity", "in-", wholeText}});
    items.take(step, "sharpen", "e-sharpen-", decimal);
    addUnsharpMask(items, step);
    items.take(step, "blur", "bl-", wholeText);
    addParts(items, step, "gradient", "e-gradient",
             {{"degrees", "ld-", wholeText},
              {"from", "from-", colourText},
              {"to", "to-", colourText},
              {"stop", "sp-", stopText}});
}

void addFinish(Items& items, Fields& step) {
    addBorder(items, step);
    items.take(step, "round", "r-", roundingText);
    addDistortion(items, step);
    items.take(step, "opacity", "o-", [](View value) { return partsText(value, 100); });
    addParts(items, step, "shadow", "e-shadow",
             {{"blur", "bl-", wholeText},
              {"strength", "st-", wholeText},
              {"x", "x-", wholeText},
              {"y", "y-", wholeText}});
    // The default colour of padding.
    if (step.takeOr("padding", "000000ff") != "000000ff") {
        items.fail();
    }
    items.take(step, "background", "bg-", backgroundText);
}

void addResult(Items& items, Fields& result) {
    items.take(result, "format", "f-",
               [](View format) { return format == "source" ? "orig" : std::string(format); });
    items.take(result, "quality", "q-", wholeText);
    items.take(result, "lossless", "lo-", asIs);
    items.take(result, "progressive", "pr-", asIs);
    items.take(result, "profile", "cp-", asIs);
    items.take(result, "dots", "dn-", [](View dots) {
        return dots.starts_with('(') ? quantityText(dots) : wholeText(dots);
    });
    if (const auto metadata = result.take("metadata")) {
        items.add("md-", *metadata == "keep" ? "true" : *metadata == "none" ? "false" : "");
    }
    if (const auto first = result.take("page")) {
        const double from = numberOf(*first), count = numberOf(result.takeOr("pages", "0"));
        items.add("pg-", count == 0 ? "" : decimalText(from + 1) + '-' + decimalText(from + count));
    }
    items.take(result, "default", "di-",
               [](View path) { return percentDecode(path).value_or(""); });
    items.close(result);
}

}  // namespace private_image::fuzzing
