#include "transform/css_function.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

#include "base/ascii.hpp"

namespace private_image {

namespace {

bool isBlank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

// Takes tokens from the front of a text.
class Scanner {
public:
    explicit Scanner(std::string_view text) : rest_(text) {}

    bool isAtEnd() const { return rest_.empty(); }

    void skipBlanks() {
        while (!rest_.empty() && isBlank(rest_.front())) {
            rest_.remove_prefix(1);
        }
    }

    // Also skips blanks around the character.
    bool skip(char c) {
        skipBlanks();
        if (!rest_.starts_with(c)) {
            return false;
        }
        rest_.remove_prefix(1);
        skipBlanks();
        return true;
    }

    // Letters, digits and dashes in lower case.
    std::string takeWord() {
        std::string word;
        while (!rest_.empty() && isOfWord(rest_.front())) {
            word += toLowerCase(rest_.front());
            rest_.remove_prefix(1);
        }
        return word;
    }

    // A number with its unit, or "none". Empty if it is neither.
    std::optional<CssComponent> takeComponent() {
        const auto number = takeNumber();
        if (!number) {
            return takeWord() == "none" ? std::optional(CssComponent{}) : std::nullopt;
        }
        if (rest_.starts_with('%')) {
            rest_.remove_prefix(1);
            return CssComponent{CssComponent::Kind::percentage, bounded(*number)};
        }
        return withUnit(*number, takeUnit());
    }

private:
    static bool isOfWord(char c) { return isLetterOrDigit(c) || c == '-' || c == '_'; }

    static double bounded(double number) {
        return std::clamp(number, -maxCssComponent, maxCssComponent);
    }

    static std::optional<CssComponent> withUnit(double number, std::string_view unit) {
        constexpr std::array<std::pair<std::string_view, double>, 4> degreesOf = {
            {{"deg", 1}, {"grad", 0.9}, {"rad", 180 / std::numbers::pi}, {"turn", 360}}};
        if (unit.empty()) {
            return CssComponent{CssComponent::Kind::number, number};
        }
        const auto found =
            std::ranges::find(degreesOf, unit, &std::pair<std::string_view, double>::first);
        if (found == degreesOf.end()) {
            return std::nullopt;
        }
        // Whole turns are removed first, since the product could overflow.
        const double rest = std::fmod(number, 360 * std::max(1.0, 1 / found->second));
        return CssComponent{CssComponent::Kind::angle, normalDegrees(rest * found->second)};
    }

    std::string takeUnit() {
        const bool isUnit = !rest_.empty() && isOfWord(rest_.front()) && rest_.front() != '-';
        return isUnit ? takeWord() : std::string();
    }

    std::size_t countDigits(std::size_t from) const {
        std::size_t end = from;
        while (end < rest_.size() && isDigit(rest_[end])) {
            ++end;
        }
        return end - from;
    }

    bool hasSignAt(std::size_t at) const {
        return at < rest_.size() && (rest_[at] == '+' || rest_[at] == '-');
    }

    // The length of the number at the front, as CSS Syntax 3 (4.3.12) defines it; 0 without one.
    std::size_t numberLength() const {
        std::size_t end = hasSignAt(0) ? 1 : 0;
        const std::size_t whole = countDigits(end);
        end += whole;
        const std::size_t fraction =
            end < rest_.size() && rest_[end] == '.' ? countDigits(end + 1) : 0;
        if (whole + fraction == 0) {
            return 0;
        }
        end += fraction > 0 ? 1 + fraction : 0;
        if (end < rest_.size() && toLowerCase(rest_[end]) == 'e') {
            const std::size_t digits = end + 1 + (hasSignAt(end + 1) ? 1 : 0);
            const std::size_t count = countDigits(digits);
            end = count > 0 ? digits + count : end;
        }
        return end;
    }

    std::optional<double> takeNumber() {
        const std::size_t length = numberLength();
        if (length == 0) {
            return std::nullopt;
        }
        std::string_view text = rest_.substr(0, length);
        rest_.remove_prefix(length);
        if (text.starts_with('+')) {
            text.remove_prefix(1);  // from_chars refuses a plus
        }
        double number = 0;
        const auto problem = std::from_chars(text.data(), text.data() + text.size(), number).ec;
        if (problem == std::errc::result_out_of_range) {
            return outOfRange(text);
        }
        return problem == std::errc() ? std::optional(number) : std::nullopt;
    }

    // from_chars does not report whether a number is too small or too large for a double.
    static double outOfRange(std::string_view text) {
        const auto exponent = text.find_first_of("eE");
        if (exponent != std::string_view::npos && text.substr(exponent + 1).starts_with('-')) {
            return 0;
        }
        constexpr double infinity = std::numeric_limits<double>::infinity();
        return text.starts_with('-') ? -infinity : infinity;
    }

    std::string_view rest_;
};

// "a, b, c" or "a, b, c, alpha"; the caller has taken the first comma.
bool readLegacy(Scanner& scanner, CssArguments& arguments) {
    arguments.hasCommas = true;
    for (std::size_t i = 1; i < arguments.components.size(); ++i) {
        const auto component = scanner.takeComponent();
        const bool isLast = i + 1 == arguments.components.size();
        if (!component || (!isLast && !scanner.skip(','))) {
            return false;
        }
        arguments.components[i] = *component;
    }
    if (scanner.skip(',')) {
        arguments.alpha = scanner.takeComponent();
        return arguments.alpha.has_value();
    }
    return true;
}

// "a b c" or "a b c / alpha". Cloudflare's own example of rgba() lacks the slash, so functions
// whose names end with an "a" for alpha may lack it.
bool readModern(Scanner& scanner, bool mayLackSlash, CssArguments& arguments) {
    for (std::size_t i = 1; i < arguments.components.size(); ++i) {
        scanner.skipBlanks();
        const auto component = scanner.takeComponent();
        if (!component) {
            return false;
        }
        arguments.components[i] = *component;
    }
    scanner.skipBlanks();
    if (scanner.skip('/') || (mayLackSlash && !scanner.isAtEnd())) {
        arguments.alpha = scanner.takeComponent();
        return arguments.alpha.has_value();
    }
    return true;
}

std::optional<CssArguments> parseArguments(Scanner scanner, bool mayLackSlash) {
    CssArguments arguments;
    scanner.skipBlanks();
    const auto first = scanner.takeComponent();
    if (!first) {
        return std::nullopt;
    }
    arguments.components[0] = *first;
    const bool isRead = scanner.skip(',') ? readLegacy(scanner, arguments)
                                          : readModern(scanner, mayLackSlash, arguments);
    scanner.skipBlanks();
    return isRead && scanner.isAtEnd() ? std::optional(arguments) : std::nullopt;
}

}  // namespace

std::optional<CssFunction> parseCssFunction(std::string_view text) {
    const auto open = text.find('(');
    if (open == std::string_view::npos || !text.ends_with(')')) {
        return std::nullopt;
    }
    std::string name = Scanner(text.substr(0, open)).takeWord();
    if (name.size() != open) {
        return std::nullopt;
    }
    return CssFunction{std::move(name), text.substr(open + 1, text.size() - open - 2)};
}

std::optional<CssArguments> parseCssArguments(std::string_view text, bool mayLackSlash) {
    return parseArguments(Scanner(text), mayLackSlash);
}

std::optional<CssSpaceArguments> parseCssSpaceArguments(std::string_view text) {
    Scanner scanner(text);
    scanner.skipBlanks();
    std::string space = scanner.takeWord();
    const auto arguments = parseArguments(scanner, false);
    if (!arguments || arguments->hasCommas) {
        return std::nullopt;
    }
    return CssSpaceArguments{std::move(space), *arguments};
}

double normalDegrees(double degrees) {
    const double rest = std::fmod(degrees, 360.0);
    if (!std::isfinite(rest)) {
        return 0;
    }
    return rest < 0 ? rest + 360 : rest;
}

}  // namespace private_image
