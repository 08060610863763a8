// The directives private_image_variant and private_image_watermark.
#include "access/digest.hpp"
#include "dialect/dialect.hpp"
#include "nginx/config/compile_variants.hpp"
#include "nginx/config/directive_readers.hpp"
#include "nginx/config/directive_values.hpp"
#include "nginx/host/pool.hpp"
#include "transform/watermark_options.hpp"

namespace private_image {
namespace {

constexpr std::size_t maxWatermarkSize = 16 << 20;

std::string digestOf(const Watermark& watermark, std::string_view settings) {
    const std::string text = std::string(settings) + '\n' + watermark.bytes;
    return sha256Hex(text).substr(0, 16);
}

// Checks the options when their line is read, so that the [emerg] names it. Names of watermarks and
// variants are looked up later, when the location's inherited ones are known.
std::optional<ParseError> errorInOptions(std::string_view options) {
    if (options == "original") {
        return std::nullopt;
    }
    Watermark placeholder;
    Watermarks watermarks;
    for (std::size_t start = 0; start <= options.size();) {
        const std::size_t end = std::min(options.find(',', start), options.size());
        const std::string_view option = options.substr(start, end - start);
        if (option.starts_with("watermark=")) {
            watermarks.emplace(option.substr(10), &placeholder);
        }
        start = end + 1;
    }
    const auto transform = parseVariantOptions(options, watermarks, {});
    const bool isCheckedLater = !transform && transform.error().reason == Reason::unknownVariant;
    return transform || isCheckedLater ? std::nullopt : std::optional(transform.error());
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
        const std::string advice = readWatermarkOption(view(option), setting->watermark);
        if (!advice.empty()) {
            return refuseValue(cf, view(option), advice);
        }
        settings += std::string(view(option)) + ' ';
    }
    ngx_str_t file = arguments[1];
    FileContent content = readFile(cf, &file, maxWatermarkSize);
    if (!content.error.empty()) {
        return refuse(cf,
                      "cannot read watermark " + quotedArgument(view(file)) + ": " + content.error);
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
        if (const auto error = errorInOptions(setting.options)) {
            return refuse(cf, invalidOptionsText(name, setting.options, *error));
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
