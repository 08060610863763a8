// The text is untrusted: the result is valid UTF-8, short, and has no control characters except
// line feeds.
#include "dialect/imagekit/text.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/encoding.hpp"
#include "dialect/imagekit/step.hpp"
#include "dialect/imagekit/values.hpp"
#include "transform/colour.hpp"

namespace private_image::imagekit {

namespace {

constexpr std::uint32_t maxTextSize = 16383;  // the renderer's maximum
constexpr std::size_t maxFontLength = 100;

bool isContinuation(char c) {
    return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

// The length of a character by its first byte; 0 if no character begins with it.
std::size_t lengthPromised(char first) {
    const auto byte = static_cast<unsigned char>(first);
    if (byte < 0x80) {
        return 1;
    }
    if (byte >= 0xc2 && byte < 0xe0) {
        return 2;
    }
    if (byte >= 0xe0 && byte < 0xf0) {
        return 3;
    }
    return byte >= 0xf0 && byte < 0xf5 ? 4 : 0;
}

// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. The second byte decides the
// cases that the first one leaves open.
bool isSecondByteAllowed(char first, char second) {
    const auto lead = static_cast<unsigned char>(first);
    const auto next = static_cast<unsigned char>(second);
    switch (lead) {
        case 0xe0:
            return next >= 0xa0;
        case 0xed:
            return next < 0xa0;
        case 0xf0:
            return next >= 0x90;
        case 0xf4:
            return next < 0x90;
        default:
            return true;
    }
}

// The length of the character at the beginning of `text` in bytes; 0 if it is malformed.
std::size_t characterLength(std::string_view text) {
    const std::size_t length = lengthPromised(text.front());
    if (length == 0 || length > text.size()) {
        return 0;
    }
    const auto rest = text.substr(1, length - 1);
    const bool isWhole = std::ranges::all_of(rest, isContinuation) &&
                         (rest.empty() || isSecondByteAllowed(text.front(), rest.front()));
    return isWhole ? length : 0;
}

// Includes the second set, U+0080 to U+009F.
bool isControl(std::string_view character) {
    const auto last = static_cast<unsigned char>(character.back());
    if (character.size() == 1) {
        return (last < 0x20 && last != '\n') || last == 0x7f;
    }
    return character.starts_with('\xc2') && last < 0xa0;
}

// The first `max` characters. An empty optional if any of them is not permitted in a text.
std::optional<std::string> parseCharacters(std::string_view text, std::size_t max) {
    std::size_t end = 0;
    for (std::size_t count = 0; end < text.size() && count < max; ++count) {
        const std::size_t length = characterLength(text.substr(end));
        if (length == 0 || isControl(text.substr(end, length))) {
            return std::nullopt;
        }
        end += length;
    }
    return std::string(text.substr(0, end));
}

// Without the first bytes of a character that was cut off.
std::string_view withoutTornEnd(std::string_view text) {
    std::size_t start = text.size();
    while (start > 0 && text.size() - start < 3 && isContinuation(text[start - 1])) {
        --start;
    }
    if (start == 0 || lengthPromised(text[start - 1]) <= text.size() - start + 1) {
        return text;
    }
    return text.substr(0, start - 1);
}

// Lines of texts from web forms end with two bytes.
std::string withPlainLineEnds(std::string text) {
    std::erase(text, '\r');
    return text;
}

// The family's name. For a font file, which cannot be used here, the name without folders and type:
// the family may be installed.
std::optional<std::string> parseFont(std::string_view text) {
    if (text.size() > maxFontLength) {
        return std::nullopt;
    }
    std::string name = withSlashes(text);
    name.erase(0, name.rfind('/') + 1);
    for (const std::string_view type : {".ttf", ".otf", ".woff", ".woff2"}) {
        if (name.ends_with(type)) {
            name.resize(name.size() - type.size());
        }
    }
    const auto isNameCharacter = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == ' ' || c == '-' || c == '_' || c == '.' || c == '+';
    };
    return !name.empty() && std::ranges::all_of(name, isNameCharacter)
               ? std::optional(std::move(name))
               : std::nullopt;
}

bool isOperator(std::string_view word) {
    constexpr auto operators =
        std::to_array<std::string_view>({"add", "sub", "mul", "div", "mod", "pow"});
    return std::ranges::find(operators, word) != operators.end();
}

// The end of the first of several numbers or formulas that are joined by underscores: before a word
// that is not an operator and does not follow one.
std::size_t firstEnd(std::string_view text) {
    for (std::size_t begin = 0;;) {
        const auto end = text.find('_', begin);
        if (end == std::string_view::npos) {
            return text.size();
        }
        const auto word = text.substr(begin, end - begin);
        const auto next = text.substr(end + 1, text.find('_', end + 1) - end - 1);
        if (!isOperator(word) && !isOperator(next)) {
            return end;
        }
        begin = end + 1;
    }
}

// One to four paddings, as in CSS: all; top and bottom, sides; top, sides, bottom; each.
std::optional<std::array<Quantity, 4>> parsePadding(std::string_view text) {
    std::vector<Quantity> sides;
    for (bool isLast = false; !isLast;) {
        const auto end = firstEnd(text);
        const auto side = parsePixels(text.substr(0, end), 0, ExpressionScope::otherLayer);
        if (!side || sides.size() == 4) {
            return std::nullopt;
        }
        sides.push_back(*side);
        isLast = end == text.size();
        text.remove_prefix(isLast ? end : end + 1);
    }
    const Quantity& top = sides[0];
    const Quantity& right = sides.size() > 1 ? sides[1] : top;
    return std::array{top, right, sides.size() > 2 ? sides[2] : top,
                      sides.size() > 3 ? sides[3] : right};
}

}  // namespace

std::optional<double> parseAlpha(std::string_view text) {
    const auto tenths = parseWhole(text, 1, 9);
    return tenths ? std::optional(*tenths / 10.0) : std::nullopt;
}

std::span<const KeyRow<TextReader>> TextReader::keys() {
    using Self = TextReader;
    static constexpr auto rows = std::to_array<KeyRow<TextReader>>({
        {"i", &Self::plainInput, "text in UTF-8 without control characters"},
        {"ie", &Self::encodedInput, "text in base64, UTF-8 without control characters"},
        {"w", &Self::width, "a whole number of pixels or an expression of bw, bh and bar"},
        {"fs", &Self::size, "a whole number up to 16383 or an expression of bw, bh and bar"},
        {"ff", &Self::font, "a font's name"},
        {"co", &Self::colour, "RRGGBB, RRGGBBAA with AA from 00 to 99, or a colour's name"},
        {"ia", &Self::align, "left, center or right"},
        {"pa", &Self::padding, "one to four whole numbers or expressions joined by _"},
        {"al", &Self::alpha, "a whole number from 1 to 9"},
        {"tg", &Self::typography, "b, i, strikethrough or several joined by _"},
        {"bg", &Self::background, "RRGGBB, RRGGBBAA with AA from 00 to 99, or a colour's name"},
        {"r", &Self::rounding, "a whole number up to 65535, max or four numbers such as 9_9_0_0"},
        {"lh", &Self::lineHeight, "a whole number of pixels or an expression of bw, bh and bar"},
    });
    return rows;
}

bool TextReader::plainInput(std::string_view value) {
    // A character has at most four bytes: more text would be cut anyway.
    const bool isCut = value.size() > maxCharacters * 4;
    const auto start = isCut ? withoutTornEnd(value.substr(0, maxCharacters * 4)) : value;
    return assign(plain_, parseCharacters(withPlainLineEnds(withSlashes(start)), maxCharacters));
}

bool TextReader::encodedInput(std::string_view value) {
    const bool isCut = value.size() > maxEncodedTextLength;
    const auto decoded = base64Decode(value.substr(0, maxEncodedTextLength));
    if (!decoded || decoded->empty()) {
        return false;
    }
    const auto whole = isCut ? withoutTornEnd(*decoded) : std::string_view(*decoded);
    return assign(encoded_, parseCharacters(withPlainLineEnds(std::string(whole)), maxCharacters));
}

bool TextReader::width(std::string_view value) {
    return assign(text_.width, parsePixels(value, 1, ExpressionScope::otherLayer));
}

bool TextReader::size(std::string_view value) {
    const auto number = parseWhole(value, 1, maxTextSize);
    const auto formula = parsePixels(value, 1, ExpressionScope::otherLayer);
    return formula && (number || !formula->formula.isEmpty()) && assign(text_.size, formula);
}

bool TextReader::font(std::string_view value) {
    return assign(text_.font, parseFont(value));
}

bool TextReader::colour(std::string_view value) {
    return assign(text_.colour, imagekitColour(value));
}

bool TextReader::align(std::string_view value) {
    constexpr std::array<std::pair<std::string_view, Text::Align>, 3> aligns = {{
        {"left", Text::Align::left},
        {"center", Text::Align::centre},
        {"right", Text::Align::right},
    }};
    return assign(text_.align, valueNamed(aligns, value));
}

bool TextReader::padding(std::string_view value) {
    return assign(text_.padding, parsePadding(value));
}

bool TextReader::alpha(std::string_view value) {
    return assign(opacity_, parseAlpha(value));
}

bool TextReader::typography(std::string_view value) {
    const auto words = splitAt(value, '_', 3);
    for (const auto word : words) {
        bool* const style = word == "b"               ? &text_.bold
                            : word == "i"             ? &text_.italic
                            : word == "strikethrough" ? &text_.strikethrough
                                                      : nullptr;
        if (style == nullptr || *style) {
            return false;
        }
        *style = true;
    }
    return !words.empty();
}

bool TextReader::background(std::string_view value) {
    return assign(text_.background, imagekitColour(value));
}

bool TextReader::rounding(std::string_view value) {
    return assign(rounding_, parseRounding(value));
}

bool TextReader::lineHeight(std::string_view value) {
    return assign(text_.lineHeight, parsePixels(value, 1, ExpressionScope::otherLayer));
}

ErrorText TextReader::finish(Layer& layer, std::vector<Step>& steps) {
    text_.characters = encoded_.empty() ? std::move(plain_) : std::move(encoded_);
    if (text_.characters.empty()) {
        return "a text layer needs \"i\" or \"ie\"";
    }
    layer.text = std::move(text_);
    layer.opacity = opacity_;
    if (rounding_) {
        // A step of its own: the corners are those of the text before its rotation.
        Step corners;
        corners.rounding = rounding_;
        steps.insert(steps.begin(), std::move(corners));
    }
    return {};
}

}  // namespace private_image::imagekit
