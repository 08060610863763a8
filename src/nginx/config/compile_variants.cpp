// Parses the OPTIONS of variants by their dialect's grammar, once watermarks are known.
#include "nginx/config/compile_variants.hpp"

#include "dialect/dialect.hpp"
#include "transform/canonical.hpp"

namespace private_image {
namespace {

// Notes the formats that a variant names, also in its branches: libvips must be able to write them.
void noteFormats(ngx_conf_t* cf, const Transform& transform, const Position& position) {
    const auto note = [&](FormatChoice choice, Format format) {
        if (choice == FormatChoice::named && format != Format::json) {
            mainOf(cf).formatsToWrite->push_back({FormatPolicy::fixed, format, position});
        }
    };
    note(transform.formatChoice, transform.format);
    forEachStep(transform.steps,
                [&](const Step& step) { note(step.result.formatChoice, step.result.format); });
}

char* compileVariant(ngx_conf_t* cf, const VariantSetting& setting, const Watermarks& watermarks,
                     Gate& gate) {
    Variant variant{setting.name, setting.isPublic, setting.options == "original", {}};
    if (!variant.isOriginal) {
        auto transform = parseVariantOptions(setting.options, watermarks, gate.variants);
        if (!transform) {
            return refuseAt(cf, setting.position,
                            invalidOptionsText(setting.name, setting.options, transform.error()));
        }
        variant.transform = std::move(*transform);
        if (variant.isPublic) {
            dropMetadata(variant.transform);
        }
        noteFormats(cf, variant.transform, setting.position);
    }
    gate.variants.insert_or_assign(setting.name, std::move(variant));
    return NGX_CONF_OK;
}

}  // namespace

char* compileVariants(ngx_conf_t* cf, const LocationConfig& location, Gate& gate) {
    Watermarks watermarks;
    if (isSet(location.watermarks)) {
        for (const WatermarkSetting* setting : *location.watermarks) {
            watermarks.emplace(setting->watermark.name, &setting->watermark);
        }
    }
    if (!isSet(location.variants)) {
        return NGX_CONF_OK;
    }
    for (const VariantSetting& setting : *location.variants) {
        if (setting.removed) {
            continue;
        }
        if (char* result = compileVariant(cf, setting, watermarks, gate); result != NGX_CONF_OK) {
            return result;
        }
    }
    return NGX_CONF_OK;
}

std::string invalidOptionsText(std::string_view variant, std::string_view options,
                               const ParseError& error) {
    std::string text = "invalid options \"" + std::string(options) + "\" of variant \"" +
                       std::string(variant) + "\": " + error.detail;
    if (error.reason == Reason::unknownVariant) {
        return text + ", write private_image_variant with that name before";
    }
    const bool hasAdvice = error.detail.find("write ") != std::string::npos ||
                           error.detail.find("must be ") != std::string::npos;
    return hasAdvice ? text : text + ", " + std::string(optionsAdvice(dialectOfOptions(options)));
}

}  // namespace private_image
