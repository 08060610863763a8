// Writes option lists, for at most one step.
#include <algorithm>
#include <cmath>

#include "fuzzing.hpp"
#include "spelling/canonical_tree.hpp"
#include "spelling/spelling.hpp"

namespace private_image::fuzzing {
namespace {

class OptionWriter {
public:
    std::optional<std::string> write(std::string_view canonical) {
        std::string_view rest = canonical;
        const auto steps = takeGroups(rest);
        Fields step(steps.empty() ? std::string_view() : steps[0]);
        density_ = step.has("density") ? numberOf(*step.take("density")) : 1;
        if (density_ != 1) {
            add("dpr", decimalText(density_));
        }
        writeStep(step);
        Fields result(rest);
        writeResult(result);
        const bool isWhole = steps.size() <= 1 && step.isEmpty() && result.isEmpty();
        return isWhole && isPossible_ ? std::optional(text_) : std::nullopt;
    }

private:
    void add(std::string_view name, std::string_view value) {
        isPossible_ = isPossible_ && !value.empty();
        text_ += text_.empty() ? "" : ",";
        text_.append(name).append("=").append(value);
    }

    void addWord(Fields& fields, std::string_view key, std::string_view name) {
        if (const auto value = fields.take(key)) {
            add(name, *value);
        }
    }

    void addNumber(Fields& fields, std::string_view key, std::string_view name) {
        if (const auto value = fields.take(key)) {
            add(name, decimalText(numberOf(*value)));
        }
    }

    // The pixels before they were multiplied by the density.
    std::string pixelsText(double pixels) const {
        const int near = static_cast<int>(pixels / density_);
        const auto number = wholeNumber(std::max(1, near - 1), near + 2, [&](int candidate) {
            return std::max(1.0, std::round(candidate * density_)) == pixels;
        });
        return number ? std::to_string(*number) : "";
    }

    // "1" is one pixel, "1.0" the whole side.
    std::string trimText(std::string_view length) const {
        if (!length.ends_with('x')) {
            return length == "0" ? "0" : pixelsText(numberOf(length));
        }
        const std::string share = decimalText(numberOf(length.substr(0, length.size() - 1)));
        return share.find('.') == share.npos ? share + ".0" : share;
    }

    void writeTrim(Fields& trim) {
        const std::string_view kind = trim.takeOr("kind", "");
        if (kind == "frame") {
            if (const auto colour = trim.take("colour")) {
                add("trim.border.color", '#' + std::string(*colour));
            }
            add("trim.border.tolerance", decimalText(numberOf(trim.takeOr("tolerance", "0"))));
            addNumber(trim, "keep", "trim.border.keep");
        } else if (kind == "sides") {
            std::string sides;
            for (const std::string_view side : {"top", "right", "bottom", "left"}) {
                sides += (sides.empty() ? "" : ";") + trimText(trim.takeOr(side, "0"));
            }
            add("trim", sides);
        } else {
            for (const auto& [key, name] : {std::pair("top", "trim.top"),
                                            {"left", "trim.left"},
                                            {"w", "trim.width"},
                                            {"h", "trim.height"}}) {
                if (const auto length = trim.take(key)) {
                    add(name, trimText(*length));
                }
            }
        }
        isPossible_ = isPossible_ && trim.isEmpty();
    }

    void writeSize(Fields& step) {
        for (const std::string_view side : {"w", "h"}) {
            if (const auto length = step.take(side)) {
                add(side, *length == "auto" ? "auto" : pixelsText(numberOf(*length)));
            }
        }
        if (const auto breakpoints = step.take("breakpoints")) {
            std::string text(*breakpoints);
            std::ranges::replace(text, 'x', ';');
            add("wbreakpoints", text);
        }
        addNumber(step, "mobile", "wmobile");
        addNumber(step, "desktop", "wdesktop");
        constexpr std::pair<std::string_view, std::string_view> fits[] = {
            {"inside", "contain"},
            {"inside-no-shrink", "scale-up"},
            {"cover", "cover"},
            {"cover-no-enlarge", "crop"},
            {"cover-ratio", "aspect-crop"},
            {"stretch", "squeeze"},
            {"pad", "pad"}};
        const std::string_view fit = step.takeOr("fit", "");
        for (const auto& [name, word] : fits) {
            if (fit == name) {
                add("fit", word);
            }
        }
        if (step.take("keep")) {
            add("gravity", "auto");
        }
        if (const auto at = step.take("at")) {
            const auto parts = splitOutside(*at, 'x');
            add("gravity", decimalText(numberOf(parts[0])) + 'x' + decimalText(numberOf(parts[1])));
        }
    }

    void writeStep(Fields& step) {
        if (auto trim = step.takeGroup("trim")) {
            writeTrim(*trim);
        }
        addWord(step, "flip", "flip");
        if (const auto turn = step.take("turn")) {
            add("rotate", std::to_string(static_cast<int>(numberOf(*turn)) * 90));
        }
        writeSize(step);
        if (auto levels = step.takeGroup("levels")) {
            for (const std::string_view level : {"brightness", "contrast", "gamma", "saturation"}) {
                addNumber(*levels, level, level);
            }
        }
        addNumber(step, "sharpen", "sharpen");
        addNumber(step, "blur", "blur");
        step.take("padding");  // a default, not a request
        if (const auto background = step.take("background")) {
            add("background", '#' + std::string(*background));
        }
    }

    void writeResult(Fields& result) {
        const bool isBaseline = result.takeOr("progressive", "") == "false";
        if (const auto format = result.take("format")) {
            add("format", isBaseline ? "baseline-jpeg" : *format);
        }
        addNumber(result, "quality", "quality");
        addNumber(result, "slow-quality", "slow-connection-quality");
        result.take("lossless");  // both follow from format and quality
        result.take("palette");
        add("metadata", result.takeOr("metadata", "none"));
        if (result.takeFlag("fast")) {
            add("compression", "fast");
        }
        if (result.takeFlag("still")) {
            add("anim", "false");
        }
        if (result.takeFlag("redirect")) {
            add("onerror", "redirect");
        }
    }

    std::string text_;
    double density_ = 1;
    bool isPossible_ = true;
};

}  // namespace

std::optional<std::string> spelledForCloudflare(std::string_view canonical) {
    return OptionWriter().write(canonical);
}

}  // namespace private_image::fuzzing
