// Reads the items of a chain from left to right, once. Items, steps, layers and levels are counted,
// because the text is untrusted.
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

// The place of a chain in the nesting.
struct Place {
    enum class Kind : std::uint8_t { whole, layer, then, otherwise };
    Kind kind = Kind::whole;
    ExpressionScope scope = ExpressionScope::image;
    LayerReader* layer = nullptr;  // whose keys are permitted here
    std::size_t layerLevels = 0;
    std::size_t choiceLevels = 0;
};

bool opensCondition(const Item& item) {
    return item.key == "if" && item.value && item.text != "if-else" && item.text != "if-end";
}

bool opensLayer(const Item& item) {
    return item.text == "l-image" || item.text == "l-text";
}

// The word that ends a nested chain.
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

ErrorText tooMany(std::size_t limit, std::string_view what) {
    return "more than " + std::to_string(limit) + " " + std::string(what);
}

class ChainReader {
public:
    ChainReader(const Variants& variants, bool hasCompany)
        : variants_(variants), hasCompany_(hasCompany) {}

    Result<Chain, ParseError> read(std::string_view text) {
        ErrorText error = readAll(text);
        if (error.empty()) {
            error = finish();
        }
        if (!error.empty()) {
            return Error{ParseError{Reason::badOptions, std::move(error)}};
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

    ErrorText readAll(std::string_view text) {
        auto items = splitItems(text);
        if (!items) {
            return items.error();
        }
        items_ = std::move(*items);
        return readSteps(chain_.transform.steps, Place{});
    }

    // ---- Steps ----

    // Reads up to the word that closes the chain, which the caller reads, or to the end of all
    // items.
    ErrorText readSteps(std::vector<Step>& steps, const Place& place) {
        for (std::size_t count = 1;; ++count) {
            if (count > maxSteps) {
                return tooMany(maxSteps, "steps");
            }
            ErrorText error = readStep(steps, place, count == 1);
            if (!error.empty() || isAtEnd() || closes(item(), place.kind)) {
                return error;
            }
        }
    }

    // Reads up to a colon, or to the word that closes the chain.
    ErrorText readStep(std::vector<Step>& steps, const Place& place, bool isFirst) {
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
            ErrorText error = opensLayer(item())
                                  ? readLayer(step, place)
                                  : readStepItem(step, result, steps, place, isFirst);
            if (!error.empty()) {
                return error;
            }
        }
        return addStep(step, std::move(result), steps, place);
    }

    // A step's result keys are stored in the step if a condition chooses it, and after such a step,
    // because its branches would override them otherwise.
    ErrorText addStep(StepReader& step, ResultReader result, std::vector<Step>& steps,
                      const Place& place) {
        ErrorText error = step.finish();
        if (!error.empty()) {
            return error;
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

    ErrorText readStepItem(StepReader& step, ResultReader& result, std::vector<Step>& steps,
                           const Place& place, bool isFirst) {
        const Item& read = items_[next_++];
        if (ErrorText error = unsupportedItem(read); !error.empty()) {
            return error;
        }
        if (opensCondition(read)) {
            return inQuotes(read.text) + " must be the only item of its step";
        }
        if (place.layer != nullptr) {
            if (const auto error = place.layer->readItem(read, isFirst)) {
                return *error;
            }
            if (isFirst && !place.layer->acceptsStepKey(read.key)) {
                return unknownKey(read);
            }
        }
        if (const auto error = step.readItem(read)) {
            return *error;
        }
        return readResultItem(read, result, steps, place);
    }

    // Result keys are not permitted in a layer. They are permitted in a condition, except those
    // that must be known before sizes can be compared.
    ErrorText readResultItem(const Item& read, ResultReader& result, std::vector<Step>& steps,
                             const Place& place) {
        const bool isName = read.key == "n";
        if (place.layerLevels > 0 && (isName || ResultReader::hasKey(read.key))) {
            return "option " + inQuotes(read.key) + " is not permitted in a layer";
        }
        if (place.choiceLevels > 0 && ResultReader::isNeededFirst(read.key)) {
            return "option " + inQuotes(read.key) + " is not permitted in a condition";
        }
        if (isName) {
            return readName(read, steps, place);
        }
        return result.readItem(read).value_or(unknownKey(read));
    }

    // ---- Layers ----

    // An item after the first one shows the kind; the order is free.
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

    ErrorText readLayer(StepReader& step, const Place& outer) {
        if (outer.layerLevels == maxLayerLevels) {
            return "layers nest more than " + std::to_string(maxLayerLevels) + " levels deep";
        }
        if (++layerCount_ > maxLayers) {
            return tooMany(maxLayers, "layers");
        }
        LayerReader reader(layerKind());
        ++next_;
        if (ErrorText error = commaError("a layer"); !error.empty()) {
            return error;
        }
        std::vector<Step> steps;
        ErrorText error = readSteps(steps, Place{Place::Kind::layer, reader.scope(), &reader,
                                                 outer.layerLevels + 1, outer.choiceLevels});
        if (error.empty()) {
            error = closingError("a layer", "l-end");
        }
        if (!error.empty()) {
            return error;
        }
        auto layer = reader.finish(std::move(steps));
        if (!layer) {
            return layer.error();
        }
        step.addLayer(std::move(*layer));
        return {};
    }

    // The first and the last item of a block belong to one step.
    ErrorText commaError(std::string_view what) const {
        return !isAtEnd() && item().opensStep
                   ? std::string(what) + " needs a comma, not a colon, before " +
                         inQuotes(item().text)
                   : ErrorText();
    }

    // Reads the closing word.
    ErrorText closingError(std::string_view what, std::string_view word) {
        if (isAtEnd()) {
            return std::string(what) + " lacks its " + inQuotes(word);
        }
        ErrorText error = commaError(what);
        ++next_;
        return error;
    }

    // ---- Conditions ----

    ErrorText readChoice(std::vector<Step>& steps, const Place& outer) {
        const Item& opening = items_[next_++];
        if (outer.choiceLevels == maxChoiceLevels) {
            return "conditions nest more than " + std::to_string(maxChoiceLevels) + " levels deep";
        }
        Step choice;
        choice.condition = parseCondition(*opening.value);
        if (!choice.condition) {
            return badValue(opening, "comparisons such as ar_gt_1 or w_lte_300_and_ih_ne_200");
        }
        ErrorText error = readBranches(choice, outer);
        if (!error.empty()) {
            return error;
        }
        if (!isAtEnd() && !item().opensStep && !closes(item(), outer.kind)) {
            return inQuotes(opening.text) + " must be the only item of its step";
        }
        steps.push_back(std::move(choice));
        return {};
    }

    ErrorText readBranches(Step& choice, const Place& outer) {
        Place inner = outer;
        inner.layer = nullptr;
        inner.kind = Place::Kind::then;
        inner.choiceLevels = outer.choiceLevels + 1;
        ErrorText error = readBranch(choice.then, inner);
        if (!error.empty()) {
            return error;
        }
        if (isAtEnd() || item().text != "if-else") {
            return closingError("a condition", "if-end");
        }
        error = closingError("a condition", "if-else");
        if (error.empty()) {
            inner.kind = Place::Kind::otherwise;
            error = readBranch(choice.otherwise, inner);
        }
        return error.empty() ? closingError("a condition", "if-end") : error;
    }

    ErrorText readBranch(std::vector<Step>& steps, const Place& place) {
        if (isAtEnd() || closes(item(), place.kind)) {
            return "a condition needs a transformation on each side";
        }
        ErrorText error = commaError("a condition");
        return error.empty() ? readSteps(steps, place) : error;
    }

    // ---- Names ----

    // The variant's steps precede the steps of the step that names it. Several names may follow
    // each other: each is a chain of its own.
    ErrorText readName(const Item& read, std::vector<Step>& steps, const Place& place) {
        if (ErrorText error = formError(read, Takes::value, false); !error.empty()) {
            return error;
        }
        const auto found = variants_.find(*read.value);
        if (found == variants_.end()) {
            unknownName_ = unknownName_.empty() ? *read.value : unknownName_;
            return {};
        }
        const Variant& variant = found->second;
        namesOriginal_ = namesOriginal_ || variant.isOriginal;
        std::vector<Step> stored = variant.transform.steps;
        dropMetadata(stored);  // a variant keeps metadata only if the chain consists of its name
        if (place.choiceLevels > 0) {
            if (ErrorText error = branchError(variant); !error.empty()) {
                return error;
            }
            stored.emplace_back().result = changeFrom(variant.transform);
        } else {
            applyResult(variant.transform, chain_.transform);
        }
        if (steps.size() + stored.size() > maxSteps) {
            return tooMany(maxSteps, "steps");
        }
        hasResultChanges_ = hasResultChanges_ || hasResultChange(stored);
        std::ranges::move(stored, std::back_inserter(steps));
        return {};
    }

    static ErrorText branchError(const Variant& variant) {
        const Transform& stored = variant.transform;
        const bool choosesSource = stored.pages || stored.isStill || !stored.defaultImage.empty();
        return choosesSource
                   ? "variant " + inQuotes(variant.name) +
                         " is not permitted in a condition: it chooses frames, pages or a "
                         "default image"
                   : ErrorText();
    }

    // ---- The end ----

    ErrorText finish() {
        if (countLayers(chain_.transform.steps) > maxLayers) {
            return tooMany(maxLayers, "layers");  // including those of named variants
        }
        if (namesOriginal_ && (items_.size() > 1 || hasCompany_)) {
            return "a variant that is the original must be the only item";
        }
        Transform& transform = chain_.transform;
        for (const ResultReader& result : results_) {
            result.applyTo(transform);
            chain_.isOriginal = chain_.isOriginal || result.isOriginal();
        }
        normalise(transform);
        // Choices between equal branches have been replaced by their steps.
        return transform.steps.size() > maxSteps ? tooMany(maxSteps, "steps") : ErrorText();
    }

    const Variants& variants_;
    const bool hasCompany_;
    std::vector<Item> items_;
    std::size_t next_ = 0;
    Chain chain_;
    std::vector<ResultReader> results_;  // result keys of steps: override those of named variants
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
