// The items of an ImageKit chain, and how a reader looks them up in the table of its keys. Knows no
// key's meaning, and nothing of how steps, layers and conditions nest.
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

// What goes wrong while a chain is read: the error's text, empty if there is none.
using ErrorText = std::string;

inline constexpr std::size_t maxItems = 256;

struct Item {
    std::string_view text;
    std::string_view key;                   // before the first dash; of effects, with their name
    std::optional<std::string_view> value;  // behind it
    bool opensStep = false;                 // a colon stood before it
};

// Views on `chain`, at most maxItems.
Result<std::vector<Item>, ErrorText> splitItems(std::string_view chain);

enum class Takes : std::uint8_t { value, valueOrNothing, nothing };

// One key that a Reader knows.
template <typename Reader>
struct KeyRow {
    std::string_view name;
    bool (Reader::*assign)(std::string_view value);  // false: the value cannot be
    std::string_view expected;                       // completes "must be"
    Takes takes = Takes::value;
};

// Which rows of a table were met.
using KeysSeen = std::bitset<64>;

// What is wrong with an item before its value is looked at: none, one too many, a second time.
ErrorText formError(const Item& item, Takes takes, bool isRepeated);
ErrorText badValue(const Item& item, std::string_view expected);

// For keys that no table has: says of those that ImageKit has and this module has not why.
ErrorText unknownKey(const Item& item);

// The same, ahead of all tables: empty for items that may be known to one of them.
ErrorText unsupportedItem(const Item& item);

// Empty optional: the table does not have the key.
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
