// The items of an ImageKit chain, and their look-up in tables of keys.
#pragma once

#include <algorithm>
#include <bitset>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "dialect/parsed_request.hpp"

namespace private_image::imagekit {

// The text of an error while a chain is read; empty without an error.
using ErrorText = std::string;

inline constexpr std::size_t maxItems = 256;

struct Item {
    std::string_view text;
    std::string_view key;                   // before the first dash; for effects, with their name
    std::optional<std::string_view> value;  // after it
    bool opensStep = false;                 // it follows a colon
};

// Splits a chain into views on it. Fails for an empty item, and for more than maxItems.
Result<std::vector<Item>, ErrorText> splitItems(std::string_view chain);

enum class Takes : std::uint8_t { value, valueOrNothing, nothing };

// A key of a Reader.
template <typename Reader>
struct KeyRow {
    std::string_view name;
    bool (Reader::*assign)(std::string_view value);  // false: the value is invalid
    std::string_view expected;                       // completes "must be"
    Takes takes = Takes::value;
};

// The rows of a table that have occurred.
using KeysSeen = std::bitset<64>;

// Returns why an item is invalid, apart from its value: a missing or superfluous value, or a
// repeated key. Empty if it is not.
ErrorText formError(const Item& item, Takes takes, bool isRepeated);
ErrorText badValue(const Item& item, std::string_view expected);

// The error for keys of no table. For keys of ImageKit that this module does not support, it states
// the reason.
ErrorText unknownKey(const Item& item);

// The error for an item that this module does not support; empty for items that a table may have.
// Checked before all tables.
ErrorText unsupportedItem(const Item& item);

// Reads an item by the table. An empty optional: the table does not have the key.
template <typename Reader>
std::optional<ErrorText> readByTable(std::span<const KeyRow<Reader>> rows, const Item& item,
                                     Reader& reader, KeysSeen& seen) {
    const auto row = std::ranges::find(rows, item.key, &KeyRow<Reader>::name);
    if (row == rows.end()) {
        return std::nullopt;
    }
    const auto index = static_cast<std::size_t>(row - rows.begin());
    ErrorText error = formError(item, row->takes, seen.test(index));
    if (!error.empty()) {
        return error;
    }
    seen.set(index);
    const bool isAssigned = (reader.*(row->assign))(item.value.value_or(std::string_view()));
    return isAssigned ? ErrorText() : badValue(item, row->expected);
}

}  // namespace private_image::imagekit
