// Every function inverts a parser of dialect/imagekit.
#include "spelling/imagekit_values.hpp"

#include <glib.h>

#include <cmath>

#include "base/encoding.hpp"
#include "spelling/canonical_tree.hpp"

namespace private_image::fuzzing {
namespace {

std::string testText(std::string_view test) {
    const auto parts = splitOutside(test, '-');
    if (parts.size() < 3) {
        return "";
    }
    std::string_view property = parts[0];
    if (property.starts_with('c')) {
        property.remove_prefix(1);
    }
    // An exponent has a dash of its own.
    const std::string_view value = test.substr(parts[0].size() + parts[1].size() + 2);
    const std::string number =
        property.ends_with("ar") ? ratioText(value) : decimalText(numberOf(value));
    return number.empty() ? "" : std::string(property) + '_' + std::string(parts[1]) + '_' + number;
}

// Empty if any part is empty.
template <typename Parts, typename Text>
std::string joinTexts(const Parts& parts, std::string_view joint, Text text) {
    std::string joined;
    for (const auto& part : parts) {
        const std::string next = text(part);
        if (next.empty()) {
            return "";
        }
        joined += (joined.empty() ? "" : std::string(joint)) + next;
    }
    return joined;
}

}  // namespace

std::string formulaOf(double number) {
    if (const std::string decimal = decimalText(number); !decimal.empty()) {
        return decimal + "_mul_1";
    }
    const auto quotient = quotientOf(number);
    return quotient ? quotient->first + "_div_" + quotient->second : "";
}

std::string quantityText(std::string_view value) {
    if (value.starts_with('(')) {
        return std::string(value.substr(1, value.size() - 2));
    }
    const double number = numberOf(value);
    const bool isPlain = number >= 1 && number <= 65535 && number == std::floor(number);
    return isPlain ? decimalText(number) : formulaOf(number);
}

std::string wholeText(std::string_view value) {
    const double number = numberOf(value);
    return number == std::floor(number) ? decimalText(number) : "";
}

std::string ratioText(std::string_view value) {
    if (value.starts_with('(')) {
        return std::string(value.substr(1, value.size() - 2));
    }
    std::string decimal = decimalText(numberOf(value));
    if (!decimal.empty()) {
        return decimal;
    }
    const auto quotient = quotientOf(numberOf(value));
    return quotient ? quotient->first + '-' + quotient->second : "";
}

std::string colourText(std::string_view eightDigits) {
    std::string opaque(eightDigits.substr(0, 6));
    const std::string_view last = eightDigits.substr(6);
    if (last == "ff") {
        return opaque;
    }
    const auto alpha = g_ascii_strtoll(std::string(last).c_str(), nullptr, 16);
    const auto hundredths = wholeNumber(
        0, 99, [alpha](int number) { return std::lround(number / 100.0 * 255) == alpha; });
    return hundredths ? opaque + (*hundredths < 10 ? "0" : "") + std::to_string(*hundredths) : "";
}

std::string placeText(std::string_view point) {
    constexpr std::pair<std::string_view, std::string_view> places[] = {
        {"0.5x0", "top"},    {"0x0.5", "left"},    {"0.5x1", "bottom"},    {"1x0.5", "right"},
        {"0x0", "top_left"}, {"1x0", "top_right"}, {"0x1", "bottom_left"}, {"1x1", "bottom_right"}};
    for (const auto& [where, word] : places) {
        if (point == where) {
            return std::string(word);
        }
    }
    return "";
}

// Degrees are turned into those from 0 to below 360; a negative number may be the shorter one.
std::string degreesText(std::string_view value) {
    const double degrees = numberOf(value);
    if (std::string text = decimalText(degrees); !text.empty()) {
        return text;
    }
    const double back = std::round((360 - degrees) * 1e10) / 1e10;
    return -back + 360 == degrees ? decimalText(-back) : "";
}

std::string partsText(std::string_view value, int parts) {
    const double number = numberOf(value);
    const auto whole =
        wholeNumber(0, parts, [=](int part) { return part / double(parts) == number; });
    return whole ? std::to_string(*whole) : "";
}

std::string conditionText(std::string_view alternatives) {
    return joinTexts(takeGroups(alternatives), "_or_", [](std::string_view tests) {
        return joinTexts(splitOutside(tests, ','), "_and_", testText);
    });
}

std::string joinedQuantities(std::string_view values) {
    return joinTexts(splitOutside(values, 'x'), "_", [](std::string_view value) {
        return value == "0" ? "0" : quantityText(value);
    });
}

std::string inBase64(std::string_view percentEncoded) {
    const std::string plain = percentDecode(percentEncoded).value_or("");
    gchar* const encoded =
        g_base64_encode(reinterpret_cast<const guchar*>(plain.data()), plain.size());
    std::string text(encoded);
    g_free(encoded);
    return text;
}

}  // namespace private_image::fuzzing
