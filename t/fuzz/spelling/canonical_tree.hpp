// Splits canonical texts by their grammar, and writes their numbers as the dialects do.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace private_image::fuzzing {

// Removes "(…)(…)" from the front of `rest`, and returns the content of each pair.
std::vector<std::string_view> takeGroups(std::string_view& rest);

// Splits at `joint` outside parentheses. An empty text has no parts.
std::vector<std::string_view> splitOutside(std::string_view text, char joint);

// "key=value" pairs. The caller removes the pairs that it can write, and then checks that none
// remains.
class Fields {
public:
    explicit Fields(std::string_view text);

    std::optional<std::string_view> find(std::string_view key) const;
    bool has(std::string_view key) const { return find(key).has_value(); }
    std::optional<std::string_view> take(std::string_view key);
    std::string_view takeOr(std::string_view key, std::string_view otherwise);
    bool takeFlag(std::string_view key) { return take(key) == "true"; }
    std::vector<std::string_view> takeAll(std::string_view key);

    // Of a value that is a group.
    std::optional<Fields> takeGroup(std::string_view key);

    bool isEmpty() const { return pairs_.empty(); }
    std::string_view firstKey() const { return pairs_.front().first; }

private:
    std::vector<std::pair<std::string_view, std::string_view>> pairs_;
};

double numberOf(std::string_view text);

// A number as both dialects accept it: no exponent, at most twelve characters, "N" before a
// negative number. Empty if the number has no such text.
std::string decimalText(double number);

// Two whole numbers whose quotient is exactly the number.
std::optional<std::pair<std::string, std::string>> quotientOf(double number);

// The value in the range for which `isIt` is true.
template <typename IsIt>
std::optional<int> wholeNumber(int least, int most, IsIt isIt) {
    for (int number = least; number <= most; ++number) {
        if (isIt(number)) {
            return number;
        }
    }
    return std::nullopt;
}

}  // namespace private_image::fuzzing
