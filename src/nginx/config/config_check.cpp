// The child process writes one line for each finding into a pipe: "W <index> <text>" for an invalid
// watermark, "F <format>" for a format that cannot be written, "T <type>" for a source type that
// was named but cannot be decoded, "E <text>" if libvips does not start, and "." at the end.

#include "nginx/config/config_check.hpp"

#include <algorithm>
#include <set>
#include <sstream>

#include "nginx/config/location_config.hpp"
#include "nginx/host/child_process.hpp"
#include "nginx/host/pool.hpp"
#include "render/vips_runtime.hpp"
#include "transform/canonical.hpp"

namespace private_image {
namespace {

constexpr Format allFormats[] = {Format::jpeg, Format::png, Format::webp,
                                 Format::avif, Format::gif, Format::jxl};

std::set<SourceType> typesNamed(const MainConfig& config) {
    std::set<SourceType> types;
    for (const TypeSetting& setting : *config.typesToRead) {
        types.insert(setting.type);
    }
    return types;
}

std::string findings(const MainConfig& config) {
    std::string problem;
    if (!startVips(
            {}, [](std::string_view) {}, problem)) {
        return "E " + problem + "\n";
    }
    std::string text;
    for (std::size_t i = 0; i < config.watermarks->size(); i++) {
        std::string error = checkWatermark((*config.watermarks)[i]->watermark.bytes);
        std::replace(error.begin(), error.end(), '\n', ' ');
        if (!error.empty()) {
            text += "W " + std::to_string(i) + ' ' + error + '\n';
        }
    }
    for (const Format format : allFormats) {
        if (!canWrite(format)) {
            text += "F " + std::string(formatName(format)) + '\n';
        }
    }
    for (const SourceType type : typesNamed(config)) {
        if (!canRead(type)) {
            text += "T " + std::string(sourceTypeName(type)) + '\n';
        }
    }
    return text + ".\n";
}

// Since Debian 13, each codec of libheif is in a package of its own.
std::string encoderPackage(Format format) {
    return format == Format::avif ? "install the package libheif-plugin-aomenc or " : "";
}

std::string decoderPackage(SourceType type) {
    switch (type) {
        case SourceType::avif:
            return "install the package libheif-plugin-dav1d or ";
        case SourceType::heic:
            return "install the package libheif-plugin-libde265 or ";
        default:
            return {};
    }
}

bool refuseType(ngx_conf_t* cf, SourceType type) {
    for (const TypeSetting& setting : *mainOf(cf).typesToRead) {
        if (setting.type == type) {
            refuseAt(cf, setting.position,
                     "the installed libvips cannot read " + std::string(sourceTypeName(type)) +
                         ", " + decoderPackage(type) + "leave it out");
        }
    }
    return false;
}

bool refuseFormat(ngx_conf_t* cf, Format format) {
    bool isAccepted = true;
    for (const FormatSetting& setting : *mainOf(cf).formatsToWrite) {
        if (setting.format == format) {
            refuseAt(cf, setting.position,
                     "the installed libvips cannot write " + std::string(formatName(format)) +
                         ", " + encoderPackage(format) + "write another format");
            isAccepted = false;
        }
    }
    bool isNeeded = false;
    for (Gate* gate : *mainOf(cf).gates) {
        const bool isErased = std::erase(gate->autoFormats, format) != 0;
        isNeeded = isNeeded || (isErased && gate->negotiates);
    }
    if (isNeeded && isAccepted) {
        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "private_image: the installed libvips cannot write %s, %sname others by "
                      "\"private_image_auto_formats\"; until then \"auto\" leaves it out",
                      std::string(formatName(format)).c_str(), encoderPackage(format).c_str());
    }
    return isAccepted;
}

bool acceptLine(ngx_conf_t* cf, const std::string& line) {
    std::istringstream words(line);
    std::string kind, first, rest;
    words >> kind >> first;
    std::getline(words, rest);
    if (kind == "F") {
        const auto format = formatFromName(first);
        return !format || refuseFormat(cf, *format);
    }
    if (kind == "T") {
        const auto type = sourceTypeFromName(first);
        return !type || refuseType(cf, *type);
    }
    if (kind == "W") {
        const WatermarkSetting& setting = *mainOf(cf).watermarks->at(std::stoul(first));
        refuseAt(cf, setting.position,
                 "cannot use watermark \"" + setting.file + "\":" + rest +
                     ", write the name of a PNG file");
        return false;
    }
    ngx_log_error(NGX_LOG_EMERG, cf->log, 0, "private_image: libvips does not start: %s%s",
                  first.c_str(), rest.c_str());
    return false;
}

bool acceptFindings(ngx_conf_t* cf, const std::string& text) {
    std::istringstream lines(text);
    bool isAccepted = true;
    for (std::string line; std::getline(lines, line);) {
        if (line == ".") {
            return isAccepted;
        }
        isAccepted = acceptLine(cf, line) && isAccepted;
    }
    if (isAccepted) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "private_image: the check of watermarks and formats ended early: libvips "
                      "crashed or took longer than %d seconds",
                      childSeconds);
    }
    return false;
}

}  // namespace

ngx_int_t checkWithVips(ngx_conf_t* cf) {
    const MainConfig& config = mainOf(cf);
    if (config.gates->empty() && config.watermarks->empty() && config.formatsToWrite->empty()) {
        return NGX_OK;
    }
    try {
        const std::string text = textFromChild(cf->log, [&config] { return findings(config); });
        return acceptFindings(cf, text) ? NGX_OK : NGX_ERROR;
    } catch (const std::exception& exception) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0, "private_image: %s", exception.what());
        return NGX_ERROR;
    }
}

}  // namespace private_image
