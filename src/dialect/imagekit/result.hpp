// The keys of an ImageKit chain that concern the whole result, in any of its steps: format,
// quality, metadata, pages.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "dialect/imagekit/items.hpp"
#include "transform/transform.hpp"

namespace private_image::imagekit {

// The result keys of one step. A step has each key at most once; the last step that has it wins.
class ResultReader {
public:
    // An empty optional: not a key of the result.
    std::optional<ErrorText> readItem(const Item& item) {
        return readByTable(keys(), item, *this, seen_);
    }
    static bool hasKey(std::string_view key);

    // True for keys that determine which files are fetched and opened, before sizes are known.
    static bool isNeededFirst(std::string_view key);

    bool isOriginal() const { return isOriginal_; }

    // Moves out the keys that a step can hold.
    ResultChange takeChange() { return std::exchange(change_, {}); }

    // Moves out the part that depends on the step's sizes, which only a step can hold.
    ResultChange takeSizedChange() {
        ResultChange change;
        change.densityFormula = std::exchange(change_.densityFormula, {});
        return change;
    }

    // Applies the keys to `transform`, whose values they override.
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

// Applies the result keys of a variant that a chain names.
void applyResult(const Transform& from, Transform& to);

}  // namespace private_image::imagekit
