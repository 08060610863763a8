#include "transform/watermark_options.hpp"

#include <optional>

#include "base/encoding.hpp"
#include "transform/transform.hpp"

namespace private_image {
namespace {

std::optional<Gravity> gravityFromName(std::string_view name) {
    static constexpr struct {
        std::string_view name;
        double x, y;
    } places[] = {{"center", .5, .5},  {"left", 0, .5},       {"right", 1, .5},
                  {"top", .5, 0},      {"bottom", .5, 1},     {"top-left", 0, 0},
                  {"top-right", 1, 0}, {"bottom-left", 0, 1}, {"bottom-right", 1, 1}};
    for (const auto& place : places) {
        if (place.name == name) {
            return Gravity{Gravity::Kind::point, place.x, place.y};
        }
    }
    return std::nullopt;
}

}  // namespace

std::string readWatermarkOption(std::string_view option, Watermark& watermark) {
    const std::size_t equals = option.find('=');
    const std::string_view name = option.substr(0, equals);
    const std::string_view value =
        equals == option.npos ? std::string_view() : option.substr(equals + 1);
    if (option == "tile") {
        watermark.tile = true;
        return {};
    }
    if (name == "gravity") {
        const auto gravity = gravityFromName(value);
        watermark.gravity = gravity.value_or(watermark.gravity);
        return gravity ? ""
                       : "gravity=center, a side such as gravity=top, or a corner such as "
                         "gravity=bottom-right";
    }
    if (name == "opacity" || name == "scale") {
        const auto number = parseDecimal(value);
        if (!number || *number > 1 || *number <= 0) {
            return std::string(name) + "=N with N above 0 and at most 1";
        }
        (name == "scale" ? watermark.scale : watermark.opacity) = *number;
        return {};
    }
    if (name == "margin") {
        const auto pixels = parseUnsigned(value, 10000);
        watermark.margin = static_cast<std::uint32_t>(pixels.value_or(0));
        return pixels ? "" : "margin=PX with PX from 0 to 10000";
    }
    return "gravity=, opacity=, scale=, margin= or tile";
}

}  // namespace private_image
