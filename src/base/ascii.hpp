// Letters, digits and blanks of ASCII. <cctype> is not used: its answers depend on the locale.
#pragma once

#include <string>
#include <string_view>

namespace private_image {

constexpr bool isDigit(char c) {
    return c >= '0' && c <= '9';
}

// 0x00 to 0x1f, and 0x7f.
constexpr bool isControl(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

// Bytes that are not upper-case ASCII letters stay as they are.
constexpr char toLowerCase(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr bool isLetter(char c) {
    const char lower = toLowerCase(c);
    return lower >= 'a' && lower <= 'z';
}

constexpr bool isLetterOrDigit(char c) {
    return isLetter(c) || isDigit(c);
}

std::string toLowerCase(std::string_view text);

// Compares whole texts; only the case of ASCII letters is ignored.
bool equalsIgnoringCase(std::string_view a, std::string_view b);

// The text without `blanks` at both ends. The default is optional whitespace of HTTP (RFC 9110,
// 5.6.3). The result points into `text`.
std::string_view trimmed(std::string_view text, std::string_view blanks = " \t");

}  // namespace private_image
