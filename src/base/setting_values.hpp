// Values of settings as an operator writes them: numbers, words and names.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace private_image {

// The values that a setting accepts, both ends included, and what to write instead of others.
struct Range {
    std::uint64_t min, max;
    const char* advice;

    constexpr bool contains(std::uint64_t value) const { return value >= min && value <= max; }
};

// A decimal number with k, m or g, in either case, for thousands, millions and billions; nullopt if
// it is malformed or outside the range.
std::optional<std::uint64_t> parseCount(std::string_view text, const Range& range);

// "a, b or c"
std::string choicesText(std::span<const std::string_view> words);

// The name of a header: a token (RFC 9110, 5.6.2) of at most 128 characters.
bool isHeaderName(std::string_view name);

// "$" and at least one of A-Z a-z 0-9 _.
bool isVariableName(std::string_view name);

// The path before the paths of images, with a slash at its end; empty if it does not begin with a
// slash, or has a query or fragment.
std::string parsePrefix(std::string_view text);

// "NAME:SIZE" taken apart at the first colon.
struct NameAndSize {
    std::string_view name, size;
};

// Empty names are refused; the size may be any text.
std::optional<NameAndSize> parseNameAndSize(std::string_view text);

}  // namespace private_image
