// Refuses drawings with parts that multiply work: elements that repeat or filter others, documents
// within the document, and every spelling that would hide them from the search. A word is refused
// anywhere in the text, so drawings with a label such as "filter" are refused, too.
#include "render/svg_scan.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

#include "base/ascii.hpp"

namespace private_image {

namespace {

using namespace std::string_view_literals;

constexpr std::size_t maxDrawingSize = 1'000'000;  // bytes
constexpr std::size_t maxElements = 10'000;
// Each group may hold a picture of its own until it ends.
constexpr std::size_t maxElementDepth = 32;
// The sum of squares of the numbers in all paths: librsvg's work grows with the square of crossing
// lines. In the worst case this many take 9 seconds on 4 megapixels.
constexpr std::uint64_t maxCrossing = 100'000'000;
// Elements in clip paths, times uses of clip paths.
constexpr std::size_t maxClipping = 10'000;

constexpr std::array refusedElements{"filter"sv, "use"sv,    "pattern"sv, "image"sv,
                                     "mask"sv,   "marker"sv, "include"sv, "foreignobject"sv};

// Style sheets can set these for elements that do not name them, so they are refused anywhere.
constexpr std::array refusedProperties{"filter"sv, "mask"sv, "dasharray"sv};

// These fetch data, or expand to more than their text.
constexpr std::array refusedWords{"@import"sv, "data:"sv, "<!entity"sv, "xml-stylesheet"sv};

constexpr std::array knownEncodings{"utf-8"sv, "us-ascii"sv, "iso-8859-1"sv, "iso-8859-15"sv,
                                    "windows-1252"sv};

constexpr std::string_view blanks = " \t\r\n";

std::string lowerCased(std::span<const unsigned char> bytes) {
    return toLowerCase(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

template <typename List>
bool contains(const List& list, std::string_view word) {
    return std::find(list.begin(), list.end(), word) != list.end();
}

std::size_t countOf(std::string_view text, std::string_view word) {
    std::size_t count = 0;
    for (auto at = text.find(word); at != text.npos; at = text.find(word, at + word.size())) {
        ++count;
    }
    return count;
}

// The text in quotes after the "=" at the front of `text`, without blanks before it.
std::string_view quoted(std::string_view text) {
    const auto quote = text.find_first_of("\"'");
    if (quote == text.npos) {
        return {};
    }
    const auto end = text.find(text[quote], quote + 1);
    const std::string_view value = text.substr(quote + 1, end == text.npos ? end : end - quote - 1);
    return value.substr(std::min(value.find_first_not_of(blanks), value.size()));
}

// XML 1.0, 4.3.3: encodings that do not contain ASCII could hide the searched words.
bool isReadable(std::string_view text) {
    if (text.find('\0') != text.npos || text.starts_with("\xFF\xFE") ||
        text.starts_with("\xFE\xFF")) {
        return false;
    }
    text.remove_prefix(text.starts_with("\xEF\xBB\xBF") ? 3 : 0);
    if (!text.starts_with("<?xml")) {
        return true;
    }
    const std::string_view declaration = text.substr(0, text.find("?>"));
    const auto at = declaration.find("encoding");
    return at == declaration.npos || contains(knownEncodings, quoted(declaration.substr(at)));
}

// A property is off if "none" follows its name.
bool isSwitchedOff(std::string_view rest) {
    const auto value = rest.find_first_not_of(" \t\r\n:=\"'");
    return value != 0 && value != rest.npos && rest.substr(value).starts_with("none");
}

bool usesProperty(std::string_view text, std::string_view word) {
    for (auto at = text.find(word); at != text.npos; at = text.find(word, at + word.size())) {
        if (!isSwitchedOff(text.substr(at + word.size()))) {
            return true;
        }
    }
    return false;
}

// References must lead to a name in the same document.
bool staysInside(std::string_view text) {
    for (auto at = text.find("url("); at != text.npos; at = text.find("url(", at + 1)) {
        const auto target = text.find_first_not_of(" \t\r\n\"'", at + 4);
        // Quotation marks inside an attribute are escaped.
        const std::string_view rest = target == text.npos ? ""sv : text.substr(target);
        if (!rest.starts_with('#') && !rest.starts_with("&quot;#") &&
            !rest.starts_with("&apos;#")) {
            return false;
        }
    }
    return true;
}

bool linksInside(std::string_view tag) {
    for (auto at = tag.find("href"); at != tag.npos; at = tag.find("href", at + 1)) {
        if (!quoted(tag.substr(at)).starts_with('#')) {
            return false;
        }
    }
    return true;
}

// The sum of squares of the numbers in each attribute.
std::uint64_t crossing(std::string_view tag) {
    std::uint64_t squares = 0;
    std::uint64_t numbers = 0;
    bool isInNumber = false;
    for (char byte : tag) {
        const bool isDigit = byte >= '0' && byte <= '9';
        numbers += isDigit && !isInNumber;
        isInNumber = isDigit;
        if (byte == '"' || byte == '\'') {
            squares += numbers * numbers;
            numbers = 0;
        }
    }
    return squares;
}

// The end of a tag: a ">" outside quotes.
std::size_t tagEnd(std::string_view text) {
    char quote = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char byte = text[at];
        if (quote != 0) {
            quote = byte == quote ? char(0) : quote;
        } else if (byte == '"' || byte == '\'') {
            quote = byte;
        } else if (byte == '>') {
            return at;
        }
    }
    return text.npos;
}

std::string_view localName(std::string_view tag) {
    std::string_view name = tag.substr(0, tag.find_first_of(" \t\r\n/>"));
    const auto colon = name.rfind(':');
    return colon == name.npos ? name : name.substr(colon + 1);
}

// One pass over all tags.
class TagScan {
public:
    explicit TagScan(std::string_view text) : text_(text), rest_(text) {}

    std::string_view refusal();
    std::size_t elements() const { return elements_; }

private:
    bool skip(std::string_view begin, std::string_view end);
    std::string_view open(std::string_view tag);
    void close(std::string_view name);
    std::string_view styleRefusal() const;

    const std::string_view text_;
    std::string_view rest_;
    bool hasStyle_ = false;
    std::uint64_t crossing_ = 0;
    std::size_t elements_ = 0, depth_ = 0, drawings_ = 0;
    std::size_t clips_ = 0, insideClips_ = 0, usesOfClips_ = 0;
};

bool TagScan::skip(std::string_view begin, std::string_view end) {
    if (!rest_.starts_with(begin)) {
        return false;
    }
    const auto at = rest_.find(end, begin.size());
    rest_.remove_prefix(at == rest_.npos ? rest_.size() : at + end.size());
    return true;
}

void TagScan::close(std::string_view name) {
    depth_ -= depth_ > 0;
    clips_ -= name == "clippath" && clips_ > 0;
}

std::string_view TagScan::open(std::string_view tag) {
    const std::string_view name = localName(tag);
    const bool isEmpty = tag.ends_with('/');
    if (contains(refusedElements, name) || name.starts_with("fe")) {
        return "repeats or filters elements, or contains an image";
    }
    if (name == "svg" && ++drawings_ > 1) {
        return "contains another drawing";
    }
    if (++elements_ > maxElements || depth_ + 1 > maxElementDepth) {
        return "has too many or too deeply nested elements";
    }
    if (tag.find("&#") != tag.npos || tag.find('\\') != tag.npos) {
        return "has attributes that cannot be read";
    }
    crossing_ += crossing(tag);
    if (crossing_ > maxCrossing) {
        return "has paths with too many points";
    }
    if (name != "a" && !linksInside(tag)) {
        return "refers to another document";
    }
    const std::size_t uses = countOf(tag, "clip-path");
    usesOfClips_ += uses;
    insideClips_ += clips_ > 0;
    if ((clips_ > 0 && uses > 0) || insideClips_ * usesOfClips_ > maxClipping) {
        return "has too many clipped elements";
    }
    if (!isEmpty) {
        ++depth_;
        clips_ += name == "clippath";
    }
    hasStyle_ = hasStyle_ || name == "style";
    return {};
}

// A rule applies to any number of elements, so uses of clip paths could not be counted.
std::string_view TagScan::styleRefusal() const {
    const bool isHidden = text_.find("&#") != text_.npos || text_.find('\\') != text_.npos;
    const bool clips = countOf(text_, "clip-path") > usesOfClips_;
    return hasStyle_ && (isHidden || clips) ? "has a style sheet that hides or clips"sv : ""sv;
}

std::string_view TagScan::refusal() {
    for (;;) {
        rest_.remove_prefix(std::min(rest_.find('<'), rest_.size()));
        if (rest_.empty()) {
            return styleRefusal();
        }
        if (skip("<!--", "-->") || skip("<![cdata[", "]]>") || skip("<?", "?>")) {
            continue;
        }
        const auto end = tagEnd(rest_);
        const std::string_view tag = rest_.substr(1, end == rest_.npos ? end : end - 1);
        rest_.remove_prefix(end == rest_.npos ? rest_.size() : end + 1);
        if (tag.starts_with('!')) {
            if (tag.find('[') != tag.npos) {
                return "declares entities";
            }
        } else if (tag.starts_with('/')) {
            close(localName(tag.substr(1)));
        } else if (const auto refusal = open(tag); !refusal.empty()) {
            return refusal;
        }
    }
}

std::string_view wordRefusal(std::string_view text) {
    const bool isRefused =
        std::ranges::any_of(refusedProperties,
                            [text](auto property) { return usesProperty(text, property); }) ||
        std::ranges::any_of(refusedWords,
                            [text](auto word) { return text.find(word) != text.npos; });
    if (isRefused) {
        return "contains filters, masks, dashes, style sheets, entities or data that are too "
               "expensive";
    }
    return staysInside(text) ? ""sv : "refers to another document"sv;
}

// Comments before the root element are not searched, as licences use many words. Only there can
// nothing else look like a comment.
void blankFirstComments(std::string& text) {
    std::size_t at = text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
    for (;;) {
        at = std::min(text.find_first_not_of(blanks, at), text.size());
        const std::string_view rest = std::string_view(text).substr(at);
        const bool isComment = rest.starts_with("<!--");
        const auto end = isComment                ? rest.find("-->", 4)
                         : rest.starts_with("<?") ? rest.find("?>")
                                                  : rest.npos;
        if (end == rest.npos) {
            return;
        }
        const std::size_t length = end + (isComment ? 3 : 2);
        if (isComment) {
            std::fill_n(text.begin() + static_cast<std::ptrdiff_t>(at), length, ' ');
        }
        at += length;
    }
}

}  // namespace

SvgVerdict scanSvg(std::span<const unsigned char> bytes) {
    if (bytes.size() > maxDrawingSize) {
        return {"is longer than 1 MB"};
    }
    std::string text = lowerCased(bytes);
    if (!isReadable(text)) {
        return {"is not encoded as UTF-8"};
    }
    blankFirstComments(text);
    if (const auto refusal = wordRefusal(text); !refusal.empty()) {
        return {refusal};
    }
    TagScan scan(text);
    const auto refusal = scan.refusal();
    return {refusal, scan.elements()};
}

}  // namespace private_image
