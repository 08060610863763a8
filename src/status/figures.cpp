#include "status/figures.hpp"

#include <charconv>

#include "base/encoding.hpp"

namespace private_image {

std::size_t bucketOf(std::uint64_t milliseconds) {
    std::size_t bucket = 0;
    while (bucket < bucketBounds.size() &&
           static_cast<double>(milliseconds) > bucketBounds[bucket] * 1000) {
        bucket++;
    }
    return bucket;
}

std::string numberText(Number number) {
    if (!number.isMilliseconds) {
        return std::to_string(number.value);
    }
    const std::string fraction = std::to_string(1000 + number.value % 1000);
    return std::to_string(number.value / 1000) + '.' + fraction.substr(1);
}

// printf() would follow the locale.
std::string boundText(double seconds) {
    std::array<char, 32> text;
    const auto end =
        std::to_chars(text.data(), text.data() + text.size(), seconds, std::chars_format::fixed);
    return {text.data(), end.ptr};
}

std::string printableLabel(std::string_view name) {
    std::string text;
    for (const char c : name) {
        if (c >= ' ' && c < 0x7f && c != '%') {
            text += c;
        } else {
            appendPercentEncoded(text, c);
        }
    }
    return text;
}

}  // namespace private_image
