// The content of an ImageKit text layer: its characters and their typesetting.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dialect/imagekit/items.hpp"
#include "transform/expression.hpp"
#include "transform/transform.hpp"

namespace private_image::imagekit {

// Longer plain text is cut; base64 is cut before it is decoded.
inline constexpr std::size_t maxCharacters = 2000;
inline constexpr std::size_t maxEncodedTextLength = 2500;

class TextReader {
public:
    // An empty optional: not a key of a text.
    std::optional<ErrorText> readItem(const Item& item) {
        return readByTable(keys(), item, *this, seen_);
    }

    // True for keys of a step that are permitted together with those of a text.
    static bool acceptsStepKey(std::string_view key) { return key == "rt" || key == "fl"; }

    // `steps`: the text's own steps, to which its corners are added.
    ErrorText finish(Layer& layer, std::vector<Step>& steps);

private:
    static std::span<const KeyRow<TextReader>> keys();

    bool plainInput(std::string_view value);
    bool encodedInput(std::string_view value);
    bool width(std::string_view value);
    bool size(std::string_view value);
    bool font(std::string_view value);
    bool colour(std::string_view value);
    bool align(std::string_view value);
    bool padding(std::string_view value);
    bool alpha(std::string_view value);
    bool typography(std::string_view value);
    bool background(std::string_view value);
    bool rounding(std::string_view value);
    bool lineHeight(std::string_view value);

    KeysSeen seen_;
    Text text_;
    std::string plain_;
    std::string encoded_;
    std::optional<Rounding> rounding_;
    double opacity_ = 1;
};

// "1" to "9", tenths of opacity
std::optional<double> parseAlpha(std::string_view text);

}  // namespace private_image::imagekit
