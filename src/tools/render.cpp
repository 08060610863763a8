// private-image render: transforms a file as the module would, with the default limits of its
// directives.
#include <unistd.h>

#include <chrono>

#include "access/render_reason.hpp"
#include "base/encoding.hpp"
#include "render/renderer.hpp"
#include "render/vips_runtime.hpp"
#include "tools/files.hpp"
#include "tools/gate_rules.hpp"
#include "tools/layer_files.hpp"
#include "tools/times.hpp"
#include "transform/client_hints.hpp"
#include "transform/names.hpp"
#include "transform/negotiation.hpp"

namespace private_image::tools {
namespace {

constexpr std::size_t maxSourceSize = 40 << 20;
constexpr std::int64_t maxTimeout = 3600;

constexpr Usage usage{
    "render", "FILE OPTIONS OUT",
    "Renders FILE by OPTIONS and writes OUT, as the module would, with the default\n"
    "limits of its directives. OPTIONS is one word, as in private_image_variant:\n"
    "w=400,fit=cover, or tr:w-400,h-300. \"-\" is standard input or output. The name\n"
    "of OUT does not choose the format.\n"
    "\n"
    "Exit status: 0 rendered, 1 the image could not be rendered: the reason is\n"
    "printed, 2 invalid usage, or a file cannot be read or written.",
    3, 3};

struct RenderRequest {
    GateOptions gateOptions;  // variants alone, for chains that name them
    std::string layerRoot;
    std::optional<Format> format;
    bool isAutomatic = false;
    std::string accept;
    std::array<EncoderSettings, 6> encoders = defaultEncoders;
    std::vector<SourceType> sourceTypes{SourceType::jpeg, SourceType::png,  SourceType::webp,
                                        SourceType::gif,  SourceType::avif, SourceType::heic,
                                        SourceType::tiff};
    std::int64_t timeout = 10;  // seconds
};

// ------------------------------------------------------------------ options

std::string readFormat(std::string_view text, RenderRequest& request) {
    request.isAutomatic = text == "auto";
    if (request.isAutomatic || text == "source") {
        return {};
    }
    request.format = formatFromName(text);
    return request.format ? ""
                          : "invalid value " + inQuotes(text) +
                                ", write auto, source, jpeg, png, webp, avif, gif or jxl";
}

// "FORMAT=N" for one of an encoder's two settings.
std::string readSetting(std::string_view text, std::uint8_t EncoderSettings::*setting,
                        std::uint64_t min, std::uint64_t max, RenderRequest& request) {
    const std::size_t equals = text.find('=');
    const auto format = formatFromName(text.substr(0, equals));
    const auto number =
        equals == text.npos ? std::nullopt : parseUnsigned(text.substr(equals + 1), max);
    if (!format || !number || *number < min) {
        return "invalid value " + inQuotes(text) + ", write FORMAT=N with N from " +
               std::to_string(min) + " to " + std::to_string(max) +
               ", such as webp=" + std::to_string(max / 2);
    }
    request.encoders[static_cast<std::size_t>(*format)].*setting =
        static_cast<std::uint8_t>(*number);
    return {};
}

std::string readSourceType(std::string_view text, RenderRequest& request) {
    const auto type = sourceTypeFromName(text);
    if (type != SourceType::svg && type != SourceType::jxl) {
        return "invalid value " + inQuotes(text) + ", write svg or jxl";
    }
    request.sourceTypes.push_back(*type);
    return {};
}

Options renderOptions(RenderRequest& request) {
    return {
        {"layer-root", "DIR", "the folder below which layers are looked up",
         [&request](std::string_view text) {
             request.layerRoot = text;
             return text.empty() ? "write a folder" : "";
         }},
        {"format", "FORMAT",
         "as private_image_format, if OPTIONS name no format:\n"
         "auto, source (default), jpeg, png, webp, avif, gif, jxl",
         [&request](std::string_view text) { return readFormat(text, request); }},
        {"accept", "VALUE", "the Accept header by which \"auto\" chooses avif or webp",
         [&request](std::string_view text) {
             request.accept = text;
             return "";
         }},
        {"quality", "FORMAT=N", "1 to 100, as private_image_quality; repeat it",
         [&request](std::string_view text) {
             return readSetting(text, &EncoderSettings::quality, 1, 100, request);
         },
         true},
        {"effort", "FORMAT=N", "0 to 10, as private_image_effort; repeat it",
         [&request](std::string_view text) {
             return readSetting(text, &EncoderSettings::effort, 0, 10, request);
         },
         true},
        {"source-type", "TYPE",
         "svg or jxl: also decodes this type; repeat it. See\n"
         "private_image_source_types",
         [&request](std::string_view text) { return readSourceType(text, request); }, true},
        {"timeout", "TIME", "the time limit of the render, 1s to 1h; 10s by default",
         [&request](std::string_view text) {
             request.timeout = parseDuration(text, maxTimeout).value_or(0);
             return request.timeout > 0 ? "" : "write a time from 1s to 1h, such as 30s";
         }},
        variantOption(request.gateOptions),
    };
}

// ------------------------------------------------------------------ transformation

// Applies the defaults for a client that sends no hints.
void applyHints(Transform& transform, std::string_view options) {
    if (needsClientHints(transform)) {
        applyClientHints(transform, {}, hintStyleOf(dialectOfOptions(options)));
    }
}

// The error is a sentence.
Result<Transform, std::string> transformOf(std::string_view options, GateRules& rules,
                                           bool isAutomatic) {
    if (options == "original") {
        return Error{std::string("the original is not rendered: copy the file")};
    }
    auto transform = parseVariantOptions(options, nameWatermarks(options, rules), rules.variants);
    if (!transform) {
        return Error{std::string(reasonWord(transform.error().reason)) + ": " +
                     transform.error().detail};
    }
    if (!transform->watermarks.empty()) {
        return Error{std::string("watermarks are drawn by the module alone: leave watermark= out")};
    }
    // As the module does under private_image_format auto.
    if (isAutomatic && transform->formatChoice == FormatChoice::unnamed) {
        transform->formatChoice = FormatChoice::automatic;
    }
    applyHints(*transform, options);
    return std::move(*transform);
}

RenderSettings settingsOf(const RenderRequest& request) {
    RenderSettings settings;
    settings.sourceTypes = request.sourceTypes;
    settings.encoders = request.encoders;
    settings.format = request.format;
    return settings;
}

std::vector<Format> negotiatedFormats(const Transform& transform, const RenderRequest& request) {
    constexpr std::array candidates{Format::avif, Format::webp};
    return isNegotiated(transform) ? acceptedFormats(request.accept, candidates)
                                   : std::vector<Format>();
}

// ------------------------------------------------------------------ result

Exit printFailure(const RenderOutcome& outcome) {
    const Reason reason = reasonOf(outcome.problem);
    complain(
        "render: " + std::string(reasonWord(reason)) + ": " +
        (outcome.detail.empty() ? std::string(reasonSentence(reason)) : printable(outcome.detail)));
    return Exit::refused;
}

std::string summaryOf(const Rendered& rendered) {
    return std::string(formatName(rendered.format)) + ", " + std::to_string(rendered.size.width) +
           'x' + std::to_string(rendered.size.height) +
           (rendered.frames > 1 ? ", " + std::to_string(rendered.frames) + " frames" : "") + ", " +
           std::to_string(rendered.bytes.size) + " bytes\n";
}

Exit deliver(const Rendered& rendered, const std::string& out) {
    if (out == "-" && isatty(STDOUT_FILENO)) {
        return refuseUsage(usage, "a picture is not written to a terminal");
    }
    const std::string error = writeFile(out, {rendered.bytes.data.get(), rendered.bytes.size});
    if (!error.empty()) {
        complain("render: cannot write \"" + printable(out) + "\": " + error);
        return Exit::usage;
    }
    if (out != "-") {
        print(printable(out) + ": " + summaryOf(rendered));
    }
    return Exit::good;
}

std::span<const unsigned char> bytesOf(const std::string& text) {
    return {reinterpret_cast<const unsigned char*>(text.data()), text.size()};
}

Exit renderBytes(const std::string& source, const std::vector<std::string>& layers,
                 const Transform& transform, const RenderRequest& request, const std::string& out) {
    const RenderSettings settings = settingsOf(request);
    std::string problem;
    const auto log = [](std::string_view line) { complain("render: " + printable(line)); };
    if (!startVips(settings.sourceTypes, log, problem)) {
        complain("render: " + problem);
        return Exit::usage;
    }
    RenderInput input;
    input.source = bytesOf(source);
    for (const std::string& layer : layers) {
        input.layers.push_back(bytesOf(layer));
    }
    input.transform = &transform;
    input.settings = &settings;
    input.negotiated = negotiatedFormats(transform, request);
    input.deadline = std::chrono::steady_clock::now() + std::chrono::seconds(request.timeout);
    const RenderOutcome outcome = private_image::render(input);
    endVipsJob();
    return outcome.rendered ? deliver(*outcome.rendered, out) : printFailure(outcome);
}

Exit renderFile(const RenderRequest& request, const std::string& file, std::string_view options,
                const std::string& out) {
    GateRules rules;
    if (const std::string error = defineVariants(request.gateOptions, rules); !error.empty()) {
        return refuseUsage(usage, error);
    }
    const auto transform = transformOf(options, rules, request.isAutomatic);
    if (!transform) {
        return refuseUsage(usage, transform.error());
    }
    const auto source =
        file == "-" ? readStandardInput(maxSourceSize) : readFile(file, maxSourceSize);
    if (!source) {
        complain("render: cannot read \"" + printable(file) + "\": " + source.error());
        return Exit::usage;
    }
    const auto layers = readLayers(*transform, request.layerRoot, maxSourceSize);
    if (!layers) {
        complain("render: " + layers.error());
        return Exit::usage;
    }
    return renderBytes(source->bytes, *layers, *transform, request, out);
}

}  // namespace

Exit runRender(int argc, char** argv) {
    RenderRequest request;
    const auto words = readCommandLine(argc, argv, usage, renderOptions(request));
    if (!words) {
        return words.error();
    }
    return renderFile(request, std::string((*words)[0]), (*words)[1], std::string((*words)[2]));
}

}  // namespace private_image::tools
