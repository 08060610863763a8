#include "base/encoding.hpp"

#include <openssl/evp.h>

#include <algorithm>

#include "base/ascii.hpp"

namespace private_image {
namespace {

constexpr char lowerHexDigits[] = "0123456789abcdef";
constexpr char upperHexDigits[] = "0123456789ABCDEF";
constexpr std::size_t maxDecimalLength = 12;

bool isUnreserved(char c) {
    return isLetterOrDigit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

// -1 if the character is not a hex digit.
int hexValue(char c) {
    if (isDigit(c)) {
        return c - '0';
    }
    const char lower = toLowerCase(c);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// -1 if the character is in neither alphabet of RFC 4648.
int base64Value(char c) {
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (isDigit(c)) {
        return c - '0' + 52;
    }
    if (c == '+' || c == '-') {
        return 62;
    }
    return c == '/' || c == '_' ? 63 : -1;
}

std::optional<std::string> decodeEscapes(std::string_view text, bool plusIsSpace) {
    std::string decoded;
    decoded.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            decoded += plusIsSpace && text[i] == '+' ? ' ' : text[i];
            continue;
        }
        if (text.size() - i < 3) {
            return std::nullopt;
        }
        const int high = hexValue(text[i + 1]);
        const int low = hexValue(text[i + 2]);
        if (high < 0 || low < 0) {
            return std::nullopt;
        }
        decoded += static_cast<char>(high << 4 | low);
        i += 2;
    }
    return decoded;
}

// Padding is optional; if present, it must complete the last group of four. Returns the text
// without it.
std::optional<std::string_view> withoutPadding(std::string_view text) {
    std::string_view data = text;
    while (data.ends_with('=')) {
        data.remove_suffix(1);
    }
    const std::size_t padding = text.size() - data.size();
    if (padding > 2 || (padding > 0 && text.size() % 4 != 0)) {
        return std::nullopt;
    }
    return data;
}

}  // namespace

void writeHex(std::span<const unsigned char> bytes, char* out) {
    for (const unsigned char byte : bytes) {
        *out++ = lowerHexDigits[byte >> 4];
        *out++ = lowerHexDigits[byte & 15];
    }
}

std::string toHex(std::span<const unsigned char> bytes) {
    std::string hex(bytes.size() * 2, '\0');
    writeHex(bytes, hex.data());
    return hex;
}

std::optional<std::string> percentDecode(std::string_view text) {
    return decodeEscapes(text, false);
}

std::optional<std::string> formDecode(std::string_view text) {
    return decodeEscapes(text, true);
}

void appendPercentEncoded(std::string& text, char c) {
    const auto byte = static_cast<unsigned char>(c);
    text += '%';
    text += upperHexDigits[byte >> 4];
    text += upperHexDigits[byte & 15];
}

std::string percentEncodePath(std::string_view text) {
    std::string encoded;
    encoded.reserve(text.size());
    for (const char c : text) {
        if (isUnreserved(c) || c == '/') {
            encoded += c;
        } else {
            appendPercentEncoded(encoded, c);
        }
    }
    return encoded;
}

std::string formEncode(std::string_view text) {
    std::string encoded;
    encoded.reserve(text.size());
    for (const char c : text) {
        if (c == ' ') {
            encoded += '+';
        } else if ((isUnreserved(c) && c != '~') || c == '*') {
            encoded += c;
        } else {
            appendPercentEncoded(encoded, c);
        }
    }
    return encoded;
}

std::optional<std::string> base64Decode(std::string_view text) {
    const auto data = withoutPadding(text);
    if (!data || data->size() % 4 == 1) {
        return std::nullopt;
    }
    std::string decoded;
    decoded.reserve(data->size() * 3 / 4);
    unsigned pending = 0;
    int pendingBits = 0;
    for (const char c : *data) {
        const int value = base64Value(c);
        if (value < 0) {
            return std::nullopt;
        }
        pending = pending << 6 | static_cast<unsigned>(value);
        pendingBits += 6;
        if (pendingBits >= 8) {
            pendingBits -= 8;
            decoded += static_cast<char>(pending >> pendingBits & 0xff);
            pending &= (1u << pendingBits) - 1;
        }
    }
    // RFC 4648, 3.5: an encoder sets the bits after the last byte to zero.
    if (pending != 0) {
        return std::nullopt;
    }
    return decoded;
}

std::optional<std::uint64_t> parseUnsigned(std::string_view text, std::uint64_t max) {
    if (text.empty()) {
        return std::nullopt;
    }
    std::uint64_t value = 0;
    for (const char c : text) {
        if (!isDigit(c)) {
            return std::nullopt;
        }
        const auto digit = static_cast<std::uint64_t>(c - '0');
        if (digit > max || value > (max - digit) / 10) {
            return std::nullopt;
        }
        value = value * 10 + digit;
    }
    return value;
}

std::optional<double> parseDecimal(std::string_view text) {
    if (text.size() > maxDecimalLength) {
        return std::nullopt;
    }
    const std::size_t point = text.find('.');
    std::string digits(text.substr(0, point));
    double divisor = 1;
    if (point != std::string_view::npos) {
        const std::string_view fraction = text.substr(point + 1);
        if (fraction.empty()) {
            return std::nullopt;
        }
        digits += fraction;
        for (std::size_t i = 0; i < fraction.size(); ++i) {
            divisor *= 10;
        }
    }
    // Twelve digits and a power of ten are exact as doubles, so their quotient is the nearest one.
    const auto value = parseUnsigned(digits, UINT64_MAX);
    if (!value) {
        return std::nullopt;
    }
    return static_cast<double>(*value) / divisor;
}

std::string base64UrlEncode(std::string_view bytes) {
    std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // EVP_EncodeBlock ends it with NUL
    EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                    reinterpret_cast<const unsigned char*>(bytes.data()),
                    static_cast<int>(bytes.size()));
    text.resize((bytes.size() * 4 + 2) / 3);
    std::ranges::replace(text, '+', '-');
    std::ranges::replace(text, '/', '_');
    return text;
}

std::optional<std::string> base64UrlDecode(std::string_view text) {
    return text.find_first_of("+/=") == text.npos ? base64Decode(text) : std::nullopt;
}

}  // namespace private_image
