// The keys of an ImageKit chain that concern the whole result, in whichever of its steps they
// stand: format, quality, metadata, pages. Knows no steps.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "dialect/imagekit/items.hpp"
#include "transform/transform.hpp"

namespace private_image::imagekit {

// Of one step: each may give every key once, and the last step that does wins.
class ResultReader {
public:
    // Empty optional: no key of the result.
    std::optional<ErrorText> readItem(const Item& item) {
        return readByTable(keys(), item, *this, seen_);
    }
    static bool hasKey(std::string_view key);

    // Of a key of the result: it decides what is fetched and opened, before any size is known.
    static bool isNeededFirst(std::string_view key);

    bool isOriginal() const { return isOriginal_; }

    // What may as well be said by a step; nothing is left of it here.
    ResultChange takeChange() { return std::exchange(change_, {}); }

    // Of it, what depends on the sizes that the step finds, and can be said by a step alone.
    ResultChange takeSizedChange() {
        ResultChange change;
        change.densityFormula = std::exchange(change_.densityFormula, {});
        return change;
    }

    // What was read wins over what `transform` says.
    void applyTo(Transform& transform) const;

private:
    static std::span<const KeyRow<ResultReader>> keys();

    bool quality(std::string_view value);
    bool format(std::string_view value);
    bool lossless(std::string_view value);
    bool progressive(std::string_view value);
    bool profile(std::string_view value);
    bool metadata(std::string_view value);
    bool density(std::string_view value);
    bool original(std::string_view value);
    bool defaultImage(std::string_view value);
    bool pages(std::string_view value);

    KeysSeen seen_;
    bool isOriginal_ = false;
    ResultChange change_;
    std::optional<Pages> pages_;
    std::string defaultImage_;
};

// "2", "2-4" or "2_4", counted from 1
std::optional<Pages> parsePages(std::string_view text);

// What a variant that a chain names brings to the result, as far as it says anything.
void takeResult(const Transform& from, Transform& to);

}  // namespace private_image::imagekit
