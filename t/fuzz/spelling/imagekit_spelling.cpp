// Writes chains: first a step with the keys of the whole result, then the steps of the text.
#include <algorithm>

#include "base/encoding.hpp"
#include "spelling/imagekit_step_items.hpp"
#include "spelling/imagekit_values.hpp"
#include "spelling/spelling.hpp"

namespace private_image::fuzzing {
namespace {

using View = std::string_view;

class ChainWriter {
public:
    std::optional<std::string> write(View canonical) {
        View rest = canonical;
        const auto steps = takeGroups(rest);
        Items result;
        Fields fields(rest);
        addResult(result, fields);
        std::string text = result.isEmpty() && !steps.empty() ? "" : taken(result);
        if (!steps.empty()) {
            text += (text.empty() ? "" : ":") + stepsText(steps);
        }
        return isPossible_ ? std::optional(text) : std::nullopt;
    }

private:
    std::string taken(const Items& items) {
        const auto text = items.text();
        isPossible_ = isPossible_ && text;
        return text.value_or("");
    }

    std::string stepsText(const std::vector<View>& steps) {
        std::string text;
        for (const View step : steps) {
            Fields fields(step);
            text += (text.empty() ? "" : ":") +
                    (fields.has("if") ? choiceText(fields) : stepText(fields));
        }
        return text.empty() ? "rt-0" : text;
    }

    std::string branchText(View steps) { return stepsText(takeGroups(steps)); }

    std::string choiceText(Fields& choice) {
        const std::string condition = conditionText(*choice.take("if"));
        isPossible_ = isPossible_ && !condition.empty();
        const std::string then = branchText(choice.takeOr("then", ""));
        return "if-" + condition + ',' + then + ",if-else," +
               branchText(choice.takeOr("else", "")) + ",if-end";
    }

    std::string stepText(Fields& step) {
        Items items;
        if (auto trim = step.takeGroup("trim")) {
            addTrim(items, *trim);
        }
        addStep(items, step);
        return taken(items);
    }

    static void addTrim(Items& items, Fields& trim) {
        if (trim.takeOr("kind", "") != "frame" || !trim.has("tolerance")) {
            return items.fail();
        }
        const double tolerance = numberOf(*trim.take("tolerance"));
        const auto hundredths =
            wholeNumber(1, 99, [=](int number) { return number * 2.55 == tolerance; });
        items.add("t-", hundredths ? std::to_string(*hundredths) : "");
        items.close(trim);
    }

    void addStep(Items& items, Fields& step) {
        const View flip = step.takeOr("flip", ""), turn = step.takeOr("turn", "");
        if (turn.empty() ? !flip.empty() : flip.empty() && turn == "2") {
            items.add("fl-", turn.empty() ? flip : "h_v");
        } else if (!turn.empty()) {
            items.fail();
        }
        addSize(items, step);
        items.take(step, "rotate", "rt-", degreesText);
        addEffects(items, step);
        for (const View layer : step.takeAll("layer")) {
            auto rest = layer;
            Fields fields(takeGroups(rest)[0]);
            items.addWord(layerText(fields));
        }
        addFinish(items, step);
        if (auto result = step.takeGroup("result")) {
            addResult(items, *result);
        }
        items.close(step);
    }

    std::string layerText(Fields& layer) {
        auto steps = layer.takeOr("steps", "");
        const auto groups = takeGroups(steps);
        const View kind = layer.takeOr("kind", "image");
        Items items;
        items.addWord(kind == "text" ? "l-text" : "l-image");
        addPlace(items, layer);
        if (kind == "text") {
            addText(items, *layer.takeGroup("text"));
        } else if (kind == "block") {
            addBlock(items, layer);
        } else {
            addImage(items, layer);
        }
        items.take(layer, "opacity", "al-", [](View value) { return partsText(value, 10); });
        items.close(layer);
        return taken(items) + (groups.empty() ? "" : ":" + stepsText(groups)) + ",l-end";
    }

    static void addPlace(Items& items, Fields& layer) {
        for (const auto& [offset, key] : {std::pair("x", "lx-"), {"y", "ly-"}}) {
            items.take(layer, offset, key, [](View value) {
                return value == "-0" ? "N0" : value == "0" ? "0" : quantityText(value);
            });
        }
        const auto withUnderscore = [](View word) {
            std::string text(word == "centre" ? "center" : word);
            std::ranges::replace(text, '-', '_');
            return text;
        };
        items.take(layer, "anchor", "lap-", withUnderscore);
        items.take(layer, "at", "lfo-", placeText);
        items.take(layer, "mode", "lm-", [](View mode) { return std::string(mode); });
    }

    // Frames are trimmed by default, and by the layer's own step, which may be the next.
    static void addImage(Items& items, Fields& layer) {
        items.add("ie-", inBase64(layer.takeOr("path", "")));
        items.take(layer, "page", "pg-", [](View page) { return decimalText(numberOf(page) + 1); });
        items.addWord("t-false");
    }

    static void addBlock(Items& items, Fields& layer) {
        items.addWord("i-ik_canvas");
        items.take(layer, "w", "w-", quantityText);
        items.take(layer, "h", "h-", quantityText);
        items.add("bg-", colourText(layer.takeOr("colour", "00000000")));
    }

    static void addText(Items& items, Fields text) {
        items.add("ie-", inBase64(text.takeOr("characters", "")));
        items.take(text, "width", "w-", quantityText);
        items.take(text, "size", "fs-", [](View size) {
            const bool isPlain = size.starts_with('(') || numberOf(size) <= 16383;
            return isPlain ? quantityText(size) : formulaOf(numberOf(size));
        });
        // A file type at the end of the text would be removed.
        items.take(text, "font", "ff-", [](View font) {
            const std::string name = percentDecode(font).value_or("");
            return name.find('.') == name.npos ? name : name + ".woff2";
        });
        items.take(text, "colour", "co-", colourText);
        items.take(text, "align", "ia-", [](View side) { return std::string(side); });
        items.take(text, "padding", "pa-", joinedQuantities);
        items.take(text, "style", "tg-", [](View letters) {
            std::string words;
            for (const char letter : letters) {
                words += words.empty() ? "" : "_";
                words += letter == 's' ? "strikethrough" : std::string(1, letter);
            }
            return words;
        });
        items.take(text, "line", "lh-", quantityText);
        items.take(text, "background", "bg-", colourText);
        items.close(text);
    }

    bool isPossible_ = true;
};

}  // namespace

std::optional<std::string> spelledForImagekit(View canonical) {
    return ChainWriter().write(canonical);
}

}  // namespace private_image::fuzzing
