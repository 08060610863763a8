// Writes the items of one step of an ImageKit chain from the fields of a canonical text. Layers,
// conditions and trims are written with the chain, because their position matters.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "spelling/canonical_tree.hpp"

namespace private_image::fuzzing {

// The items of one step.
class Items {
public:
    void add(std::string_view key, std::string_view value) {
        isPossible_ = isPossible_ && !value.empty();
        addWord(std::string(key) + std::string(value));
    }
    void addWord(std::string_view word) {
        text_ += text_.empty() ? "" : ",";
        text_ += word;
    }
    template <typename Text>
    void take(Fields& fields, std::string_view name, std::string_view key, Text text) {
        if (const auto value = fields.take(name)) {
            add(key, text(*value));
        }
    }
    // Remaining fields cannot be written.
    void close(const Fields& fields) { isPossible_ = isPossible_ && fields.isEmpty(); }
    void fail() { isPossible_ = false; }
    bool isEmpty() const { return text_.empty() && isPossible_; }

    // An item without effect if there is no other: a step has at least one.
    std::optional<std::string> text() const {
        return isPossible_ ? std::optional(text_.empty() ? "rt-0" : text_) : std::nullopt;
    }

private:
    std::string text_;
    bool isPossible_ = true;
};

// Each function removes the fields that it can write.
void addSize(Items& items, Fields& step);
void addEffects(Items& items, Fields& step);
void addFinish(Items& items, Fields& step);

// The keys for the result, of a step or of the whole chain.
void addResult(Items& items, Fields& result);

}  // namespace private_image::fuzzing
