// The table of the result's keys. Which formats there are is known to transform/names.
#include "dialect/imagekit_result.hpp"

#include <array>

#include "dialect/imagekit_values.hpp"
#include "transform/names.hpp"

namespace private_image::imagekit {

namespace {

constexpr std::uint32_t mostQuality = 100;
constexpr std::uint32_t mostDensity = 1200;
constexpr std::uint32_t mostPages = 65535;

using FormatChoice = Transform::FormatChoice;

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
        {"dn", &Self::density, "a whole number from 1 to 1200"},
        {"orig", &Self::original, "true"},
        {"di", &Self::defaultImage, "a path with @@ for each slash"},
        {"pg", &Self::pages, "a page's number, from 1, or a range such as 2-4"},
    });
    return rows;
}

bool ResultReader::hasKey(std::string_view key) {
    return std::ranges::find(keys(), key, &KeyRow<ResultReader>::name) != keys().end();
}

bool ResultReader::quality(std::string_view value) {
    return assign(quality_, wholeFrom(value, 1, mostQuality));
}

bool ResultReader::format(std::string_view value) {
    format_ = Transform{}.format;
    if (value == "auto" || value == "orig") {
        formatChoice_ = value == "auto" ? FormatChoice::automatic : FormatChoice::source;
        return true;
    }
    formatChoice_ = FormatChoice::named;
    return value != "jxl" && value != "json" && assign(format_, formatFromName(value));
}

bool ResultReader::lossless(std::string_view value) {
    return assign(lossless_, booleanFrom(value));
}

bool ResultReader::progressive(std::string_view value) {
    return assign(progressive_, booleanFrom(value));
}

bool ResultReader::profile(std::string_view value) {
    return assign(keepsProfile_, booleanFrom(value));
}

bool ResultReader::metadata(std::string_view value) {
    return assign(keepsMetadata_, booleanFrom(value));
}

bool ResultReader::density(std::string_view value) {
    return assign(density_, wholeFrom(value, 1, mostDensity));
}

bool ResultReader::original(std::string_view value) {
    isOriginal_ = isOriginal_ || value == "true";
    return value == "true";
}

bool ResultReader::defaultImage(std::string_view value) {
    return assign(defaultImage_, pathFrom(value));
}

bool ResultReader::pages(std::string_view value) {
    return assign(pages_, pagesFrom(value));
}

void ResultReader::applyTo(Transform& transform) const {
    if (formatChoice_ != FormatChoice::unnamed) {
        transform.formatChoice = formatChoice_;
        transform.format = format_;
    }
    Encoding& encoding = transform.encoding;
    if (quality_) {
        encoding.quality = quality_;
        encoding.slowQuality.reset();
    }
    assign(encoding.lossless, lossless_);
    // Without it, what suits the format: that is not progressive where it costs anything.
    if (progressive_) {
        encoding.progressive = *progressive_ ? std::optional(true) : std::nullopt;
    }
    assign(encoding.keepsProfile, keepsProfile_);
    assign(encoding.density, density_);
    assign(transform.pages, pages_);
    if (keepsMetadata_) {
        transform.metadata = *keepsMetadata_ ? Metadata::keep : Metadata::none;
    }
    if (!defaultImage_.empty()) {
        transform.defaultImage = defaultImage_;
    }
}

std::optional<Pages> pagesFrom(std::string_view text) {
    const auto separator = text.find_first_of("-_");
    const auto first = wholeFrom(text.substr(0, separator), 1, mostPages);
    const auto last = separator == std::string_view::npos
                          ? first
                          : wholeFrom(text.substr(separator + 1), 1, mostPages);
    if (!first || !last || *last < *first) {
        return std::nullopt;
    }
    return Pages{*first - 1, *last - *first + 1};
}

void takeResult(const Transform& from, Transform& to) {
    if (from.formatChoice != FormatChoice::unnamed) {
        to.formatChoice = from.formatChoice;
        to.format = from.format;
    }
    if (from.encoding.quality) {
        to.encoding.quality = from.encoding.quality;
        to.encoding.slowQuality.reset();
    }
    assign(to.encoding.slowQuality, from.encoding.slowQuality);
    assign(to.encoding.progressive, from.encoding.progressive);
    assign(to.encoding.density, from.encoding.density);
    assign(to.pages, from.pages);
    to.encoding.lossless = to.encoding.lossless || from.encoding.lossless;
    to.encoding.isFast = to.encoding.isFast || from.encoding.isFast;
    to.encoding.palette = to.encoding.palette || from.encoding.palette;
    to.encoding.keepsProfile = to.encoding.keepsProfile || from.encoding.keepsProfile;
    to.isStill = to.isStill || from.isStill;
    to.redirectsOnError = to.redirectsOnError || from.redirectsOnError;
    to.hasAutomaticDensity = to.hasAutomaticDensity || from.hasAutomaticDensity;
    if (!from.defaultImage.empty()) {
        to.defaultImage = from.defaultImage;
    }
}

}  // namespace private_image::imagekit
