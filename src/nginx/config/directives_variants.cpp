// Variants and their watermarks, and what is wrong with them.
#include "access/digest.hpp"
#include "base/encoding.hpp"
#include "dialect/cloudflare/cloudflare.hpp"
#include "dialect/imagekit/imagekit.hpp"
#include "nginx/config/compile_variants.hpp"
#include "nginx/config/directive_readers.hpp"
#include "nginx/config/directive_values.hpp"
#include "nginx/host/pool.hpp"

namespace private_image {
namespace {

constexpr std::size_t maxWatermarkSize = 16 << 20;

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

// Empty, or what to write instead of the option.
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

std::string digestOf(const Watermark& watermark, std::string_view settings) {
    const std::string text = std::string(settings) + '\n' + watermark.bytes;
    return sha256Hex(text).substr(0, 16);
}

// Finds a misspelt option at its own line. Names of watermarks and variants are looked up later,
// when what a location inherits is known.
std::optional<ParseError> optionMistake(std::string_view options) {
    if (options == "original") {
        return std::nullopt;
    }
    if (options.starts_with("tr:")) {
        const auto chain = imagekit::parseChain(options.substr(3), {});
        const bool isLater = !chain && chain.error().reason == Reason::unknownVariant;
        return chain || isLater ? std::nullopt : std::optional(chain.error());
    }
    Watermark any;
    Watermarks watermarks;
    for (std::size_t start = 0; start <= options.size();) {
        const std::size_t end = std::min(options.find(',', start), options.size());
        const std::string_view option = options.substr(start, end - start);
        if (option.starts_with("watermark=")) {
            watermarks.emplace(option.substr(10), &any);
        }
        start = end + 1;
    }
    const auto transform = cloudflare::parseOptions(options, watermarks);
    return transform ? std::nullopt : std::optional(transform.error());
}

}  // namespace

char* readWatermark(ngx_conf_t* cf, ngx_command_t*, void* conf) {
    LocationConfig& location = locationOf(conf);
    const Arguments arguments = argumentsOf(cf);
    const std::string_view name = view(arguments[0]);
    if (!isVariantName(name)) {
        return refuseValue(cf, name, "a name of letters, digits, \"_\", \"-\" and \".\"");
    }
    if (location.watermarks == NGX_CONF_UNSET_PTR) {
        location.watermarks = makeInPool<std::vector<WatermarkSetting*>>(cf->pool);
    }
    for (const WatermarkSetting* other : *location.watermarks) {
        if (other->watermark.name == name) {
            return refuse(cf,
                          "duplicate watermark " + quotedArgument(name) + ", write another name");
        }
    }
    auto* setting = makeInPool<WatermarkSetting>(cf->pool);
    setting->position = here(cf);
    setting->watermark.name = name;
    std::string settings;
    for (const ngx_str_t& option : arguments.subspan(2)) {
        const std::string instead = readWatermarkOption(view(option), setting->watermark);
        if (!instead.empty()) {
            return refuseValue(cf, view(option), instead);
        }
        settings += std::string(view(option)) + ' ';
    }
    ngx_str_t file = arguments[1];
    FileContent content = readFile(cf, &file, maxWatermarkSize);
    if (!content.problem.empty()) {
        return refuse(
            cf, "cannot read watermark " + quotedArgument(view(file)) + ": " + content.problem);
    }
    setting->file = view(file);
    setting->watermark.bytes = std::move(content.bytes);
    setting->watermark.digest = digestOf(setting->watermark, settings);
    location.watermarks->push_back(setting);
    mainOf(cf).watermarks->push_back(setting);
    return NGX_CONF_OK;
}

char* readVariant(ngx_conf_t* cf, ngx_command_t*, void* conf) {
    LocationConfig& location = locationOf(conf);
    const Arguments arguments = argumentsOf(cf);
    const std::string_view name = view(arguments[0]);
    const std::string_view access = view(arguments[1]);
    if (!isVariantName(name)) {
        return refuseValue(cf, name, "a name of letters, digits, \"_\", \"-\" and \".\"");
    }
    if (location.variants == NGX_CONF_UNSET_PTR) {
        location.variants = makeInPool<std::vector<VariantSetting>>(cf->pool);
    }
    for (const VariantSetting& other : *location.variants) {
        if (other.name == name) {
            return refuse(cf, "duplicate variant " + quotedArgument(name) + ", write another name");
        }
    }
    VariantSetting setting{std::string(name), access == "public", access == "off", {}, here(cf)};
    if (setting.removed ? arguments.size() != 2 : arguments.size() != 3) {
        return refuse(cf, "invalid number of arguments in variant " + quotedArgument(name) +
                              ", write NAME public|signed OPTIONS in one word, or NAME off");
    }
    if (!setting.removed) {
        if (access != "public" && access != "signed") {
            return refuseValue(cf, access, "public, signed or off");
        }
        setting.options = view(arguments[2]);
        if (const auto problem = optionMistake(setting.options)) {
            return refuse(cf, optionsProblem(name, setting.options, *problem));
        }
        if (setting.options == "original" && setting.isPublic) {
            return refuse(cf, "variant " + quotedArgument(name) +
                                  " would make every private original public, write signed "
                                  "instead of public");
        }
    }
    location.variants->push_back(std::move(setting));
    return NGX_CONF_OK;
}

}  // namespace private_image
