// Walks the items of a chain from left to right, once. Everything that could grow with a stranger's
// text is counted: items, steps, layers, levels.
#include "dialect/imagekit/chain.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "dialect/imagekit/condition.hpp"
#include "dialect/imagekit/items.hpp"
#include "dialect/imagekit/layer.hpp"
#include "dialect/imagekit/result.hpp"
#include "dialect/imagekit/step.hpp"
#include "transform/normalise.hpp"

namespace private_image::imagekit {

namespace {

// Where in the nesting a chain stands.
struct Place {
    enum class Kind : std::uint8_t { whole, layer, then, otherwise };
    Kind kind = Kind::whole;
    ExpressionScope scope = ExpressionScope::image;
    LayerReader* layer = nullptr;  // whose own keys may stand here
    std::size_t layerLevels = 0;
    std::size_t choiceLevels = 0;
};

bool opensCondition(const Item& item) {
    return item.key == "if" && item.value && item.text != "if-else" && item.text != "if-end";
}

bool opensLayer(const Item& item) {
    return item.text == "l-image" || item.text == "l-text";
}

// The word that ends a chain within another one.
bool closes(const Item& item, Place::Kind kind) {
    switch (kind) {
        case Place::Kind::whole:
            return false;
        case Place::Kind::layer:
            return item.text == "l-end";
        case Place::Kind::then:
            return item.text == "if-else" || item.text == "if-end";
        case Place::Kind::otherwise:
            return item.text == "if-end";
    }
    return false;
}

std::size_t countLayers(const std::vector<Step>& steps) {
    std::size_t count = 0;
    for (const Step& step : steps) {
        count += countLayers(step.then) + countLayers(step.otherwise);
        for (const Layer& layer : step.layers) {
            count += 1 + countLayers(layer.steps);
        }
    }
    return count;
}

Mistake tooMany(std::size_t limit, std::string_view what) {
    return "more than " + std::to_string(limit) + " " + std::string(what);
}

class ChainReader {
public:
    ChainReader(const Variants& variants, bool hasCompany)
        : variants_(variants), hasCompany_(hasCompany) {}

    Result<Chain, ParseError> read(std::string_view text) {
        Mistake mistake = readAll(text);
        if (mistake.empty()) {
            mistake = finish();
        }
        if (!mistake.empty()) {
            return Error{ParseError{Reason::badOptions, std::move(mistake)}};
        }
        if (!unknownName_.empty()) {
            return Error{
                ParseError{Reason::unknownVariant, "unknown variant " + inQuotes(unknownName_)}};
        }
        return std::move(chain_);
    }

private:
    bool isAtEnd() const { return next_ == items_.size(); }
    const Item& item() const { return items_[next_]; }

    Mistake readAll(std::string_view text) {
        auto items = splitItems(text);
        if (!items) {
            return items.error();
        }
        items_ = std::move(*items);
        return readSteps(chain_.transform.steps, Place{});
    }

    // ---- Steps ----

    // Up to what closes the chain, which is left to the caller; or to the end of all items.
    Mistake readSteps(std::vector<Step>& steps, const Place& place) {
        for (std::size_t count = 1;; ++count) {
            if (count > maxSteps) {
                return tooMany(maxSteps, "steps");
            }
            Mistake mistake = readStep(steps, place, count == 1);
            if (!mistake.empty() || isAtEnd() || closes(item(), place.kind)) {
                return mistake;
            }
        }
    }

    // Up to a colon, or to what closes the chain.
    Mistake readStep(std::vector<Step>& steps, const Place& place, bool isFirst) {
        if (!isAtEnd() && opensCondition(item())) {
            return readChoice(steps, place);
        }
        StepReader step(place.scope);
        ResultReader result;
        for (bool startsHere = true; !isAtEnd() && !closes(item(), place.kind);
             startsHere = false) {
            if (item().opensStep && !startsHere) {
                break;
            }
            Mistake mistake = opensLayer(item())
                                  ? readLayer(step, place)
                                  : readStepItem(step, result, steps, place, isFirst);
            if (!mistake.empty()) {
                return mistake;
            }
        }
        return addStep(step, std::move(result), steps, place);
    }

    // What a step says of the result hangs on the step where a condition decides about it, and
    // behind such a step, whose branches would win over it otherwise.
    Mistake addStep(StepReader& step, ResultReader result, std::vector<Step>& steps,
                    const Place& place) {
        Mistake mistake = step.finish();
        if (!mistake.empty()) {
            return mistake;
        }
        const bool isBound = place.choiceLevels > 0 || hasResultChanges_;
        step.step().result = isBound ? result.takeChange() : result.takeSizedChange();
        hasResultChanges_ = hasResultChanges_ || step.step().result != ResultChange{};
        results_.push_back(std::move(result));
        if (isIdle(step.step())) {
            return {};
        }
        if (steps.size() == maxSteps) {
            return tooMany(maxSteps, "steps");
        }
        steps.push_back(std::move(step.step()));
        return {};
    }

    Mistake readStepItem(StepReader& step, ResultReader& result, std::vector<Step>& steps,
                         const Place& place, bool isFirst) {
        const Item& read = items_[next_++];
        if (Mistake mistake = unsupportedItem(read); !mistake.empty()) {
            return mistake;
        }
        if (opensCondition(read)) {
            return inQuotes(read.text) + " must stand alone in its step";
        }
        if (place.layer != nullptr) {
            if (const auto mistake = place.layer->readItem(read, isFirst)) {
                return *mistake;
            }
            if (isFirst && !place.layer->takesStepKey(read.key)) {
                return unknownKey(read);
            }
        }
        if (const auto mistake = step.readItem(read)) {
            return *mistake;
        }
        return readResultItem(read, result, steps, place);
    }

    // What concerns the whole result cannot hang on a layer. On a condition it can, but for what
    // has to be known before there are sizes to compare.
    Mistake readResultItem(const Item& read, ResultReader& result, std::vector<Step>& steps,
                           const Place& place) {
        const bool isName = read.key == "n";
        if (place.layerLevels > 0 && (isName || ResultReader::hasKey(read.key))) {
            return "option " + inQuotes(read.key) + " cannot stand in a layer";
        }
        if (place.choiceLevels > 0 && ResultReader::isNeededFirst(read.key)) {
            return "option " + inQuotes(read.key) + " cannot stand in a condition";
        }
        if (isName) {
            return readName(read, steps, place);
        }
        return result.readItem(read).value_or(unknownKey(read));
    }

    // ---- Layers ----

    // What kind it is shows in an item behind the first one, in any order.
    Layer::Kind layerKind() const {
        if (item().text == "l-text") {
            return Layer::Kind::text;
        }
        bool isCanvas = false;
        bool isEncoded = false;
        for (auto at = next_ + 1; at < items_.size(); ++at) {
            const Item& within = items_[at];
            if (within.opensStep || within.text == "l-end" || opensLayer(within)) {
                break;
            }
            isCanvas = isCanvas || within.text == "i-ik_canvas";
            isEncoded = isEncoded || within.key == "ie";
        }
        return isCanvas && !isEncoded ? Layer::Kind::block : Layer::Kind::image;
    }

    Mistake readLayer(StepReader& step, const Place& outer) {
        if (outer.layerLevels == maxLayerLevels) {
            return "layers nest more than " + std::to_string(maxLayerLevels) + " levels deep";
        }
        if (++layerCount_ > maxLayers) {
            return tooMany(maxLayers, "layers");
        }
        LayerReader reader(layerKind());
        ++next_;
        if (Mistake mistake = commaMistake("a layer"); !mistake.empty()) {
            return mistake;
        }
        std::vector<Step> steps;
        Mistake mistake = readSteps(steps, Place{Place::Kind::layer, reader.scope(), &reader,
                                                 outer.layerLevels + 1, outer.choiceLevels});
        if (mistake.empty()) {
            mistake = closingMistake("a layer", "l-end");
        }
        if (!mistake.empty()) {
            return mistake;
        }
        auto layer = reader.finish(std::move(steps));
        if (!layer) {
            return layer.error();
        }
        step.addLayer(std::move(*layer));
        return {};
    }

    // What opens a block and what closes it belong to one step.
    Mistake commaMistake(std::string_view what) const {
        return !isAtEnd() && item().opensStep
                   ? std::string(what) + " needs a comma, not a colon, before " +
                         inQuotes(item().text)
                   : Mistake();
    }

    // Takes the closing word.
    Mistake closingMistake(std::string_view what, std::string_view word) {
        if (isAtEnd()) {
            return std::string(what) + " lacks its " + inQuotes(word);
        }
        Mistake mistake = commaMistake(what);
        ++next_;
        return mistake;
    }

    // ---- Conditions ----

    Mistake readChoice(std::vector<Step>& steps, const Place& outer) {
        const Item& opening = items_[next_++];
        if (outer.choiceLevels == maxChoiceLevels) {
            return "conditions nest more than " + std::to_string(maxChoiceLevels) + " levels deep";
        }
        Step choice;
        choice.condition = conditionFrom(*opening.value);
        if (!choice.condition) {
            return badValue(opening, "comparisons such as ar_gt_1 or w_lte_300_and_ih_ne_200");
        }
        Mistake mistake = readBranches(choice, outer);
        if (!mistake.empty()) {
            return mistake;
        }
        if (!isAtEnd() && !item().opensStep && !closes(item(), outer.kind)) {
            return inQuotes(opening.text) + " must stand alone in its step";
        }
        steps.push_back(std::move(choice));
        return {};
    }

    Mistake readBranches(Step& choice, const Place& outer) {
        Place inner = outer;
        inner.layer = nullptr;
        inner.kind = Place::Kind::then;
        inner.choiceLevels = outer.choiceLevels + 1;
        Mistake mistake = readBranch(choice.then, inner);
        if (!mistake.empty()) {
            return mistake;
        }
        if (isAtEnd() || item().text != "if-else") {
            return closingMistake("a condition", "if-end");
        }
        mistake = closingMistake("a condition", "if-else");
        if (mistake.empty()) {
            inner.kind = Place::Kind::otherwise;
            mistake = readBranch(choice.otherwise, inner);
        }
        return mistake.empty() ? closingMistake("a condition", "if-end") : mistake;
    }

    Mistake readBranch(std::vector<Step>& steps, const Place& place) {
        if (isAtEnd() || closes(item(), place.kind)) {
            return "a condition needs a transformation on each side";
        }
        Mistake mistake = commaMistake("a condition");
        return mistake.empty() ? readSteps(steps, place) : mistake;
    }

    // ---- Names ----

    // Its steps go before the own ones of the step that names it. Names may stand side by side:
    // each is a chain of its own.
    Mistake readName(const Item& read, std::vector<Step>& steps, const Place& place) {
        if (Mistake mistake = formMistake(read, Takes::value, false); !mistake.empty()) {
            return mistake;
        }
        const auto found = variants_.find(*read.value);
        if (found == variants_.end()) {
            unknownName_ = unknownName_.empty() ? *read.value : unknownName_;
            return {};
        }
        const Variant& variant = found->second;
        namesOriginal_ = namesOriginal_ || variant.isOriginal;
        std::vector<Step> stored = variant.transform.steps;
        dropMetadata(stored);  // only a variant alone may keep more than the chain asks for
        if (place.choiceLevels > 0) {
            if (Mistake mistake = branchMistake(variant); !mistake.empty()) {
                return mistake;
            }
            stored.emplace_back().result = changeFrom(variant.transform);
        } else {
            takeResult(variant.transform, chain_.transform);
        }
        if (steps.size() + stored.size() > maxSteps) {
            return tooMany(maxSteps, "steps");
        }
        hasResultChanges_ = hasResultChanges_ || hasResultChange(stored);
        std::ranges::move(stored, std::back_inserter(steps));
        return {};
    }

    static Mistake branchMistake(const Variant& variant) {
        const Transform& stored = variant.transform;
        const bool choosesSource = stored.pages || stored.isStill || !stored.defaultImage.empty();
        return choosesSource ? "variant " + inQuotes(variant.name) +
                                   " cannot stand in a condition: it chooses frames, pages or a "
                                   "default image"
                             : Mistake();
    }

    // ---- The end ----

    Mistake finish() {
        if (countLayers(chain_.transform.steps) > maxLayers) {
            return tooMany(maxLayers, "layers");  // with those that names bring
        }
        if (namesOriginal_ && (items_.size() > 1 || hasCompany_)) {
            return "a variant that is the original allows nothing beside it";
        }
        Transform& transform = chain_.transform;
        for (const ResultReader& result : results_) {
            result.applyTo(transform);
            chain_.isOriginal = chain_.isOriginal || result.isOriginal();
        }
        normalise(transform);
        // Choices between equals have left their steps behind.
        return transform.steps.size() > maxSteps ? tooMany(maxSteps, "steps") : Mistake();
    }

    const Variants& variants_;
    const bool hasCompany_;
    std::vector<Item> items_;
    std::size_t next_ = 0;
    Chain chain_;
    std::vector<ResultReader> results_;  // what steps say themselves: wins over what names bring
    bool hasResultChanges_ = false;      // of steps so far
    std::size_t layerCount_ = 0;
    bool namesOriginal_ = false;
    std::string_view unknownName_;
};

}  // namespace

const Variant* variantAlone(std::string_view text, const Variants& variants) {
    constexpr std::string_view prefix = "n-";
    const auto found =
        text.starts_with(prefix) ? variants.find(text.substr(prefix.size())) : variants.end();
    return found == variants.end() ? nullptr : &found->second;
}

Result<Chain, ParseError> readChain(std::string_view text, const Variants& variants,
                                    bool hasCompany) {
    return ChainReader(variants, hasCompany).read(text);
}

}  // namespace private_image::imagekit
