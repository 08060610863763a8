// private-image render: a file transformed as the module would, with the limits of its directives'
// defaults.
#include <unistd.h>

#include <chrono>

#include "base/encoding.hpp"
#include "render/renderer.hpp"
#include "render/vips_runtime.hpp"
#include "tools/files.hpp"
#include "tools/gate.hpp"
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
    "Renders FILE as OPTIONS say and writes OUT, as the module would, within the\n"
    "limits that its directives have by default. OPTIONS is one word, as in\n"
    "private_image_variant: w=400,fit=cover, or tr:w-400,h-300. \"-\" is standard\n"
    "input or output. OUT's name plays no part in which format is written.\n"
    "\n"
    "Exit status: 0 rendered, 1 the picture did not come: its reason is named, 2 it\n"
    "could not be asked, or a file could not be read or written.",
    3, 3};

struct Asking {
    GateOptions gate;  // variants alone, for chains that name them
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

std::string readFormat(std::string_view text, Asking& asking) {
    asking.isAutomatic = text == "auto";
    if (asking.isAutomatic || text == "source") {
        return {};
    }
    asking.format = formatFromName(text);
    return asking.format ? ""
                         : "invalid value " + inQuotes(text) +
                               ", write auto, source, jpeg, png, webp, avif, gif or jxl";
}

// "FORMAT=N" for one of an encoder's two settings.
std::string readSetting(std::string_view text, std::uint8_t EncoderSettings::*setting,
                        std::uint64_t least, std::uint64_t most, Asking& asking) {
    const std::size_t equals = text.find('=');
    const auto format = formatFromName(text.substr(0, equals));
    const auto number =
        equals == text.npos ? std::nullopt : parseUnsigned(text.substr(equals + 1), most);
    if (!format || !number || *number < least) {
        return "invalid value " + inQuotes(text) + ", write FORMAT=N with N from " +
               std::to_string(least) + " to " + std::to_string(most) +
               ", such as webp=" + std::to_string(most / 2);
    }
    asking.encoders[static_cast<std::size_t>(*format)].*setting =
        static_cast<std::uint8_t>(*number);
    return {};
}

std::string readSourceType(std::string_view text, Asking& asking) {
    const auto type = sourceTypeFromName(text);
    if (type != SourceType::svg && type != SourceType::jxl) {
        return "invalid value " + inQuotes(text) + ", write svg or jxl";
    }
    asking.sourceTypes.push_back(*type);
    return {};
}

Options renderOptions(Asking& asking) {
    return {
        {"layer-root", "DIR", "the folder below which layers are looked up",
         [&asking](std::string_view text) {
             asking.layerRoot = text;
             return text.empty() ? "write a folder" : "";
         }},
        {"format", "FORMAT",
         "as private_image_format, where OPTIONS name none: auto,\n"
         "source (default), jpeg, png, webp, avif, gif or jxl",
         [&asking](std::string_view text) { return readFormat(text, asking); }},
        {"accept", "VALUE", "the Accept that \"auto\" goes by: for avif and webp",
         [&asking](std::string_view text) {
             asking.accept = text;
             return "";
         }},
        {"quality", "FORMAT=N", "1 to 100, as private_image_quality; repeat it",
         [&asking](std::string_view text) {
             return readSetting(text, &EncoderSettings::quality, 1, 100, asking);
         },
         true},
        {"effort", "FORMAT=N", "0 to 10, as private_image_effort; repeat it",
         [&asking](std::string_view text) {
             return readSetting(text, &EncoderSettings::effort, 0, 10, asking);
         },
         true},
        {"source-type", "TYPE",
         "svg or jxl: decodes that as well; repeat it. See\n"
         "private_image_source_types",
         [&asking](std::string_view text) { return readSourceType(text, asking); }, true},
        {"timeout", "TIME", "what the render may take, 1s to 1h; 10s by default",
         [&asking](std::string_view text) {
             asking.timeout = parseDuration(text, maxTimeout).value_or(0);
             return asking.timeout > 0 ? "" : "write a time from 1s to 1h, such as 30s";
         }},
        variantOption(asking.gate),
    };
}

// ------------------------------------------------------------------ what is asked

// Without hints, as for a client that sends none.
void settle(Transform& transform, std::string_view options) {
    if (needsClientHints(transform)) {
        applyClientHints(transform, {}, hintStyleOf(dialectOfOptions(options)));
    }
}

// The error is a sentence.
Result<Transform, std::string> transformOf(std::string_view options, Gate& gate, bool isAutomatic) {
    if (options == "original") {
        return Error{std::string("the original is not rendered: copy the file")};
    }
    auto transform = parseVariantOptions(options, nameWatermarks(options, gate), gate.variants);
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
    settle(*transform, options);
    return std::move(*transform);
}

RenderSettings settingsOf(const Asking& asking) {
    RenderSettings settings;
    settings.sourceTypes = asking.sourceTypes;
    settings.encoders = asking.encoders;
    settings.format = asking.format;
    return settings;
}

std::vector<Format> negotiatedFormats(const Transform& transform, const Asking& asking) {
    constexpr std::array candidates{Format::avif, Format::webp};
    return isNegotiated(transform) ? acceptedFormats(asking.accept, candidates)
                                   : std::vector<Format>();
}

// ------------------------------------------------------------------ what comes of it

Reason reasonOf(RenderProblem problem) {
    switch (problem) {
        case RenderProblem::unsupportedType:
            return Reason::unsupportedType;
        case RenderProblem::tooLarge:
            return Reason::tooLarge;
        case RenderProblem::damaged:
            return Reason::damaged;
        case RenderProblem::badOptions:
            return Reason::badOptions;
        case RenderProblem::outputTooLarge:
            return Reason::outputTooLarge;
        case RenderProblem::timeout:
            return Reason::timeout;
        case RenderProblem::cancelled:
        case RenderProblem::internal:
            return Reason::internal;
    }
    return Reason::internal;
}

Exit complainOf(const RenderOutcome& outcome) {
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
                 const Transform& transform, const Asking& asking, const std::string& out) {
    const RenderSettings settings = settingsOf(asking);
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
    input.negotiated = negotiatedFormats(transform, asking);
    input.deadline = std::chrono::steady_clock::now() + std::chrono::seconds(asking.timeout);
    const RenderOutcome outcome = private_image::render(input);
    endVipsJob();
    return outcome.rendered ? deliver(*outcome.rendered, out) : complainOf(outcome);
}

Exit renderFile(const Asking& asking, const std::string& file, std::string_view options,
                const std::string& out) {
    Gate gate;
    if (const std::string error = defineVariants(asking.gate, gate); !error.empty()) {
        return refuseUsage(usage, error);
    }
    const auto transform = transformOf(options, gate, asking.isAutomatic);
    if (!transform) {
        return refuseUsage(usage, transform.error());
    }
    const auto source =
        file == "-" ? readStandardInput(maxSourceSize) : readFile(file, maxSourceSize);
    if (!source) {
        complain("render: cannot read \"" + printable(file) + "\": " + source.error());
        return Exit::usage;
    }
    const auto layers = readLayers(*transform, asking.layerRoot, maxSourceSize);
    if (!layers) {
        complain("render: " + layers.error());
        return Exit::usage;
    }
    return renderBytes(source->bytes, *layers, *transform, asking, out);
}

}  // namespace

Exit runRender(int argc, char** argv) {
    Asking asking;
    const auto words = readCommandLine(argc, argv, usage, renderOptions(asking));
    if (!words) {
        return words.error();
    }
    return renderFile(asking, std::string((*words)[0]), (*words)[1], std::string((*words)[2]));
}

}  // namespace private_image::tools
