// Combines the options of one list, in any order, into a transform.
#include "dialect/cloudflare/options.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "dialect/cloudflare/option_table.hpp"
#include "dialect/cloudflare/trim.hpp"
#include "transform/normalise.hpp"

namespace private_image::cloudflare {

namespace {

constexpr Colour white{255, 255, 255, 255};

// An alias may be empty; a name is never empty.
const Option* optionNamed(std::string_view name) {
    const auto options = knownOptions();
    const auto found = std::ranges::find_if(options, [name](const Option& option) {
        return name == option.name || (!option.alias.empty() && name == option.alias);
    });
    return found == options.end() ? nullptr : &*found;
}

std::string everyName() {
    std::string names;
    for (const Option& option : knownOptions()) {
        names += names.empty() ? "" : ", ";
        names += option.name;
    }
    return names;
}

// Removes one item from the front of `rest`: up to the next comma outside parentheses.
std::string_view takeItem(std::string_view& rest) {
    int depth = 0;
    std::size_t end = 0;
    for (; end < rest.size(); ++end) {
        const char c = rest[end];
        if (c == ',' && depth == 0) {
            break;
        }
        depth += c == '(' ? 1 : 0;
        depth -= c == ')' && depth > 0 ? 1 : 0;
    }
    const auto item = rest.substr(0, end);
    rest.remove_prefix(end);
    return item;
}

// False if the result is too long.
bool multiplySide(Length& side, double dpr) {
    if (side.unit == Length::Unit::pixels) {
        side.value = std::max(1.0, std::round(side.value * dpr));
    }
    return side.value <= maxSide;
}

// A quality set by the request has another meaning for some formats.
void completeEncoding(Transform& transform) {
    using enum FormatChoice;
    Encoding& encoding = transform.encoding;
    const bool isNamed = transform.formatChoice == named;
    encoding.lossless = isNamed && transform.format == Format::webp && encoding.quality == 100;
    // If the format is not known yet, it may become PNG; other formats ignore the setting.
    encoding.palette = encoding.quality && (!isNamed || transform.format == Format::png);
}

void addEffects(Step& step, const Draft& draft) {
    if (draft.levels != Levels{}) {
        step.effects.emplace_back(draft.levels);
    }
    if (draft.sharpen.amount > 0) {
        step.effects.emplace_back(draft.sharpen);
    }
    if (draft.blur.radius > 0) {
        step.effects.emplace_back(draft.blur);
    }
}

// Reads one option list into one transform.
class OptionList {
public:
    // `watermarks`: those that a variant may name; null for a URL, which must not name any.
    explicit OptionList(const Watermarks* watermarks) : watermarks_(watermarks) {
        draft_.transform.metadata = Metadata::copyright;
    }

    Result<Transform, ParseError> read(std::string_view text) {
        std::string error = readItems(text);
        if (error.empty()) {
            error = finish();
        }
        if (!error.empty()) {
            return Error{ParseError{Reason::badOptions, std::move(error)}};
        }
        return std::move(draft_.transform);
    }

private:
    // These return the error's text, or an empty one. The number of options needs no limit: only
    // known options are read, each once.
    std::string readItems(std::string_view rest) {
        for (;;) {
            std::string error = readItem(takeItem(rest));
            if (!error.empty() || rest.empty()) {
                return error;
            }
            rest.remove_prefix(1);  // the comma; an item must follow, even an empty one
        }
    }

    std::string readItem(std::string_view item) {
        if (item.empty()) {
            return "empty option";
        }
        const auto equals = item.find('=');
        const auto name = item.substr(0, equals);
        const Option* option = optionNamed(name);
        if (option == nullptr) {
            return unknownOption(name);
        }
        if (equals == std::string_view::npos || equals + 1 == item.size()) {
            return "option " + inQuotes(name) + " needs a value";
        }
        const auto index = static_cast<std::size_t>(option - knownOptions().data());
        if (seen_[index]) {
            return "option " + inQuotes(option->name) + " is given twice";
        }
        seen_[index] = true;
        return readValue(*option, item.substr(equals + 1));
    }

    std::string unknownOption(std::string_view name) const {
        const auto others = unsupportedOptions();
        const auto found = std::ranges::find(others, name, &UnsupportedOption::name);
        if (found != others.end()) {
            return "option " + inQuotes(name) + ' ' + std::string(found->reason);
        }
        std::string error = "unknown option " + inQuotes(name);
        if (watermarks_ != nullptr) {
            error += ": write one of " + everyName();
        }
        return error;
    }

    // NGINX decodes the escapes of a URL, but not those of a configuration.
    std::string readValue(const Option& option, std::string_view value) {
        if (option.read == nullptr) {
            return readWatermark(value);
        }
        const std::string decoded =
            watermarks_ == nullptr ? std::string(value) : decodeLeniently(value);
        if (option.read(draft_, decoded)) {
            return {};
        }
        return "option " + inQuotes(option.name) + " must be " + std::string(option.expected) +
               ", not " + inQuotes(value);
    }

    std::string readWatermark(std::string_view name) {
        if (watermarks_ == nullptr) {
            return "option \"watermark\" is only for variants";
        }
        const auto found = watermarks_->find(name);
        if (found == watermarks_->end()) {
            return "unknown watermark " + inQuotes(name) +
                   ": define it with private_image_watermark first";
        }
        draft_.transform.watermarks.push_back(found->second);
        return {};
    }

    std::string finish() {
        Step& step = draft_.step;
        if (!multiplySide(step.width, draft_.dpr) || !multiplySide(step.height, draft_.dpr)) {
            return "a side times \"dpr\" is above 65535";
        }
        if (step.width.unit == Length::Unit::automatic) {
            step.density = draft_.dpr;  // pixels are known later
        }
        if (auto error = combineTrim(draft_.trim, draft_.dpr, step.trim); !error.empty()) {
            return error;
        }
        if (step.fit == Fit::pad) {
            step.gravity = {};  // Cloudflare centres padded images
        }
        if (mayPad(step) && !step.background) {
            step.background.emplace().colour = white;
            step.background->isForPadding = true;
        }
        addEffects(step, draft_);
        completeEncoding(draft_.transform);
        draft_.transform.steps.push_back(std::move(step));
        normalise(draft_.transform);
        return {};
    }

    const Watermarks* watermarks_;
    Draft draft_;
    std::vector<bool> seen_ = std::vector<bool>(knownOptions().size());  // by index in the table
};

}  // namespace

Result<Transform, ParseError> readOptions(std::string_view options) {
    return OptionList(nullptr).read(options);
}

Result<Transform, ParseError> readVariantOptions(std::string_view options,
                                                 const Watermarks& watermarks) {
    Result<Transform, ParseError> transform = OptionList(&watermarks).read(options);
    if (transform) {
        // A source cannot be requested by a variant.
        transform->redirectsOnError = false;
    }
    return transform;
}

}  // namespace private_image::cloudflare
