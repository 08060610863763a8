#include "dialect/imagekit/result.hpp"

#include <array>
#include <cmath>

#include "base/encoding.hpp"
#include "dialect/imagekit/values.hpp"
#include "transform/names.hpp"

namespace private_image::imagekit {

namespace {

constexpr std::uint32_t maxQuality = 100;
constexpr auto maxDpi = static_cast<std::uint32_t>(maxDotsPerInch);
constexpr std::uint32_t maxPages = 65535;

}  // namespace

std::span<const KeyRow<ResultReader>> ResultReader::keys() {
    using Self = ResultReader;
    constexpr std::string_view switchExpected = "true or false";
    static constexpr auto rows = std::to_array<KeyRow<ResultReader>>({
        {"q", &Self::quality, "a whole number from 1 to 100"},
        {"f", &Self::format, "auto, jpg, jpeg, png, webp, avif, gif or orig"},
        {"lo", &Self::lossless, switchExpected},
        {"pr", &Self::progressive, switchExpected},
        {"cp", &Self::profile, switchExpected},
        {"md", &Self::metadata, switchExpected},
        {"dn", &Self::density, "a whole number from 1 to 1200, or an expression"},
        {"orig", &Self::original, "true"},
        {"di", &Self::defaultImage, "a path with @@ for each slash"},
        {"pg", &Self::pages, "a page's number, from 1, or a range such as 2-4"},
    });
    return rows;
}

bool ResultReader::hasKey(std::string_view key) {
    return std::ranges::find(keys(), key, &KeyRow<ResultReader>::name) != keys().end();
}

bool ResultReader::isNeededFirst(std::string_view key) {
    return key == "orig" || key == "di" || key == "pg";
}

bool ResultReader::quality(std::string_view value) {
    return assign(change_.quality, parseWhole(value, 1, maxQuality));
}

bool ResultReader::format(std::string_view value) {
    if (value == "auto" || value == "orig") {
        change_.formatChoice = value == "auto" ? FormatChoice::automatic : FormatChoice::source;
        return true;
    }
    change_.formatChoice = FormatChoice::named;
    return value != "jxl" && value != "json" && assign(change_.format, formatFromName(value));
}

bool ResultReader::lossless(std::string_view value) {
    return assign(change_.lossless, parseBoolean(value));
}

bool ResultReader::progressive(std::string_view value) {
    const auto isOn = parseBoolean(value);
    if (isOn) {
        change_.progressive = *isOn ? Progressive::always : Progressive::never;
    }
    return isOn.has_value();
}

bool ResultReader::profile(std::string_view value) {
    return assign(change_.keepsProfile, parseBoolean(value));
}

bool ResultReader::metadata(std::string_view value) {
    const auto isKept = parseBoolean(value);
    if (isKept) {
        change_.metadata = *isKept ? Metadata::keep : Metadata::none;
    }
    return isKept.has_value();
}

bool ResultReader::density(std::string_view value) {
    if (assign(change_.density, parseWhole(value, 1, maxDpi))) {
        return true;
    }
    const auto dots = parseBounded(value, 1, maxDpi, ExpressionScope::image);
    const bool isNumber = parseDecimal(value).has_value();
    if (!dots || isNumber) {
        return false;
    }
    change_.densityFormula = dots->formula;
    if (dots->formula.isEmpty()) {
        change_.density = static_cast<std::uint16_t>(std::lround(dots->constant));
    }
    return true;
}

bool ResultReader::original(std::string_view value) {
    isOriginal_ = isOriginal_ || value == "true";
    return value == "true";
}

bool ResultReader::defaultImage(std::string_view value) {
    return assign(defaultImage_, parsePath(value));
}

bool ResultReader::pages(std::string_view value) {
    return assign(pages_, parsePages(value));
}

void ResultReader::applyTo(Transform& transform) const {
    apply(change_, transform);
    // pr-false selects the default of the format, which is progressive only if that is cheap.
    if (change_.progressive == Progressive::never) {
        transform.encoding.progressive.reset();
    }
    assign(transform.pages, pages_);
    if (!defaultImage_.empty()) {
        transform.defaultImage = defaultImage_;
    }
}

std::optional<Pages> parsePages(std::string_view text) {
    const auto separator = text.find_first_of("-_");
    const auto first = parseWhole(text.substr(0, separator), 1, maxPages);
    const auto last = separator == std::string_view::npos
                          ? first
                          : parseWhole(text.substr(separator + 1), 1, maxPages);
    if (!first || !last || *last < *first) {
        return std::nullopt;
    }
    return Pages{*first - 1, *last - *first + 1};
}

void applyResult(const Transform& from, Transform& to) {
    apply(changeFrom(from), to);
    assign(to.pages, from.pages);
    to.isStill = to.isStill || from.isStill;
    to.redirectsOnError = to.redirectsOnError || from.redirectsOnError;
    if (!from.defaultImage.empty()) {
        to.defaultImage = from.defaultImage;
    }
}

}  // namespace private_image::imagekit
