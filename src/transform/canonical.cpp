// The canonical grammar: each step in parentheses, then the settings of the whole result.
// Everything is key=value, joined by commas; nested parts are in parentheses and free text is
// percent-encoded, so that no value can end another.
//
//     (w=400,h=300,fit=cover)(blur=3)format=webp,quality=60
#include "transform/canonical.hpp"

#include "base/encoding.hpp"
#include "transform/canonical_values.hpp"

namespace private_image {

namespace {

std::string stepsText(const std::vector<Step>& steps);

// ---- Members of a step ----

std::string trimText(const Trim& trim) {
    Pairs pairs;
    pairs.add("kind", trimName(trim.kind));
    pairs.add("top", trim.top);
    pairs.add("right", trim.right);
    pairs.add("bottom", trim.bottom);
    pairs.add("left", trim.left);
    pairs.add("w", trim.width);
    pairs.add("h", trim.height);
    pairs.add("colour", trim.colour);
    pairs.addUnless(0, "tolerance", trim.tolerance);
    pairs.addUnless(0, "keep", trim.keep);
    return pairs.inParentheses();
}

void addOrientation(Pairs& pairs, const Step& step) {
    if (step.flipsHorizontally || step.flipsVertically) {
        pairs.add("flip", std::string(step.flipsHorizontally ? "h" : "") +
                              (step.flipsVertically ? "v" : ""));
    }
    pairs.addUnless(0, "turn", step.quarterTurns);
}

void addAutomaticWidths(Pairs& pairs, const AutomaticWidths& widths) {
    if (!widths.breakpoints.empty()) {
        pairs.add("breakpoints", joinedText(widths.breakpoints));
    }
    pairs.addUnless(0, "mobile", widths.mobile);
    pairs.addUnless(0, "desktop", widths.desktop);
}

void addSize(Pairs& pairs, const Step& step) {
    pairs.add("w", step.width);
    addAutomaticWidths(pairs, step.automaticWidths);
    pairs.add("h", step.height);
    pairs.add("ratio", step.aspectRatio);
    pairs.addUnless(1, "density", step.density);
    pairs.addFormula("density-formula", step.densityFormula);
    pairs.addIf(step.hasAutomaticDensity, "density-hint");
    if (step.fit != defaultFit) {
        pairs.add("fit", fitName(step.fit));
    }
    pairs.add(step.gravity);
    pairs.add("x", step.x);
    pairs.add("y", step.y);
    pairs.add("cx", step.centreX);
    pairs.add("cy", step.centreY);
}

// Each effect as a key and a value; those without numbers are simply "true".
struct EffectAdder {
    Pairs& pairs;

    void operator()(const Grayscale&) { pairs.add("grayscale", "true"); }
    void operator()(const StretchContrast&) { pairs.add("stretch-contrast", "true"); }
    void operator()(const Levels& levels) {
        Pairs parts;
        parts.addUnless(1, "brightness", levels.brightness);
        parts.addUnless(1, "contrast", levels.contrast);
        parts.addUnless(1, "gamma", levels.gamma);
        parts.addUnless(1, "saturation", levels.saturation);
        pairs.add("levels", parts.inParentheses());
    }
    void operator()(const ReplaceColour& replace) {
        Pairs parts;
        parts.add("to", replace.to);
        parts.addUnless(ReplaceColour{}.tolerance, "tolerance", replace.tolerance);
        parts.add("from", replace.from);
        pairs.add("replace", parts.inParentheses());
    }
    void operator()(const Colorize& colorize) {
        Pairs parts;
        parts.addUnless(Colorize{}.colour, "colour", colorize.colour);
        parts.addUnless(Colorize{}.intensity, "intensity", colorize.intensity);
        pairs.add("colorize", parts.inParentheses());
    }
    void operator()(const Sharpen& sharpen) { pairs.add("sharpen", sharpen.amount); }
    void operator()(const UnsharpMask& mask) {
        Pairs parts;
        parts.addUnless(UnsharpMask{}.radius, "radius", mask.radius);
        parts.addUnless(UnsharpMask{}.sigma, "sigma", mask.sigma);
        parts.addUnless(UnsharpMask{}.amount, "amount", mask.amount);
        parts.addUnless(UnsharpMask{}.threshold, "threshold", mask.threshold);
        pairs.add("unsharp-mask", parts.inParentheses());
    }
    void operator()(const Blur& blur) { pairs.add("blur", blur.radius); }
    void operator()(const Gradient& gradient) {
        Pairs parts;
        parts.addUnless(Gradient{}.degrees, "degrees", gradient.degrees);
        parts.addUnless(Gradient{}.from, "from", gradient.from);
        parts.addUnless(Gradient{}.to, "to", gradient.to);
        parts.addUnless(Gradient{}.stop, "stop", gradient.stop);
        pairs.add("gradient", parts.inParentheses());
    }
};

std::string borderText(const Border& border) {
    Pairs pairs;
    pairs.add("width", border.width);
    pairs.add("colour", border.colour);
    return pairs.inParentheses();
}

// Four numbers joined by "x", or "max"; with "max", corners do not count.
std::string roundingText(const Rounding& rounding) {
    return rounding.isMaximal ? "max" : joinedText(rounding.radii);
}

std::string distortText(const Distort& distort) {
    Pairs pairs;
    switch (distort.kind) {
        case Distort::Kind::perspective:
            pairs.add("corners", joinedText(distort.corners));
            break;
        case Distort::Kind::arc:
            pairs.add("arc", distort.degrees);
            break;
    }
    return pairs.inParentheses();
}

std::string shadowText(const Shadow& shadow) {
    Pairs pairs;
    pairs.addUnless(Shadow{}.blur, "blur", shadow.blur);
    pairs.addUnless(Shadow{}.strength, "strength", shadow.strength);
    pairs.addUnless(Shadow{}.x, "x", shadow.x);
    pairs.addUnless(Shadow{}.y, "y", shadow.y);
    return pairs.inParentheses();
}

// A plain colour, the common case, has no parentheses.
std::string backgroundText(const Background& background) {
    if (background.kind == Background::Kind::colour) {
        return colourText(background.colour);
    }
    Pairs pairs;
    pairs.add("kind", backgroundName(background.kind));
    if (background.blur) {
        pairs.add("blur", *background.blur);
    }
    pairs.addUnless(0, "brightness", background.brightness);
    pairs.addUnless(Background{}.shades, "shades", background.shades);
    return pairs.inParentheses();
}

// ---- Layers ----

std::string styleText(const Text& text) {
    std::string styles;
    for (const auto& [isSet, letter] : {std::pair(text.bold, 'b'), std::pair(text.italic, 'i'),
                                        std::pair(text.strikethrough, 's')}) {
        if (isSet) {
            styles += letter;
        }
    }
    return styles;
}

std::string textText(const Text& text) {
    Pairs pairs;
    pairs.addText("characters", text.characters);
    pairs.add("width", text.width);
    pairs.addUnless(Text{}.size, "size", text.size);
    pairs.addText("font", text.font);
    pairs.addUnless(Text{}.colour, "colour", text.colour);
    if (text.align != Text{}.align) {
        pairs.add("align", alignName(text.align));
    }
    if (text.padding != Text{}.padding) {
        pairs.add("padding", joinedText(text.padding));
    }
    if (const auto styles = styleText(text); !styles.empty()) {
        pairs.add("style", styles);
    }
    pairs.add("line", text.lineHeight);
    pairs.add("background", text.background);
    return pairs.inParentheses();
}

// "-0" is an offset of 0 from the right or bottom.
void addOffset(Pairs& pairs, std::string_view key, const std::optional<Quantity>& offset,
               bool isAtFarSide) {
    if (isAtFarSide) {
        pairs.add(key, "-0");
    } else {
        pairs.add(key, offset);
    }
}

void addPosition(Pairs& pairs, const Layer& layer) {
    pairs.add(layer.gravity);
    addOffset(pairs, "x", layer.x, layer.isAtRight);
    addOffset(pairs, "y", layer.y, layer.isAtBottom);
    if (layer.anchor != Layer{}.anchor) {
        pairs.add("anchor", anchorName(layer.anchor));
    }
    if (layer.mode != Layer{}.mode) {
        pairs.add("mode", modeName(layer.mode));
    }
}

std::string layerText(const Layer& layer) {
    Pairs pairs;
    if (layer.kind != Layer{}.kind) {
        pairs.add("kind", layerName(layer.kind));
    }
    pairs.addText("path", layer.path);
    pairs.addUnless(0, "page", layer.page);
    if (layer.text != Text{}) {
        pairs.add("text", textText(layer.text));
    }
    pairs.addUnless({}, "w", layer.width);
    pairs.addUnless({}, "h", layer.height);
    pairs.addUnless(Layer{}.colour, "colour", layer.colour);
    if (!layer.steps.empty()) {
        pairs.add("steps", stepsText(layer.steps));
    }
    pairs.addUnless(1, "opacity", layer.opacity);
    addPosition(pairs, layer);
    return pairs.inParentheses();
}

// ---- Members of a result change ----

void addFormat(Pairs& pairs, FormatChoice choice, Format format) {
    switch (choice) {
        case FormatChoice::unnamed:
            return;
        case FormatChoice::automatic:
            return pairs.add("format", "auto");
        case FormatChoice::source:
            return pairs.add("format", "source");
        case FormatChoice::named:
            return pairs.add("format", formatName(format));
    }
}

void addSwitch(Pairs& pairs, std::string_view key, const std::optional<bool>& isOn) {
    if (isOn) {
        pairs.add(key, *isOn ? "true" : "false");
    }
}

void addProgressive(Pairs& pairs, const std::optional<Progressive>& progressive) {
    if (!progressive) {
        return;
    }
    switch (*progressive) {
        case Progressive::never:
            return pairs.add("progressive", "false");
        case Progressive::always:
            return pairs.add("progressive", "true");
        case Progressive::bySize:
            return pairs.add("progressive", "by-size");
    }
}

// The digest covers the file and its settings: with the name alone, a changed file would keep its
// cache entries.
void addWatermarks(Pairs& pairs, const std::vector<const Watermark*>& watermarks) {
    for (const Watermark* watermark : watermarks) {
        pairs.add("watermark",
                  percentEncodePath(watermark->name) + '@' + percentEncodePath(watermark->digest));
    }
}

std::string changeText(const ResultChange& change) {
    Pairs pairs;
    addFormat(pairs, change.formatChoice, change.format);
    pairs.addNumber("quality", change.quality);
    pairs.addNumber("slow-quality", change.slowQuality);
    addSwitch(pairs, "lossless", change.lossless);
    addProgressive(pairs, change.progressive);
    pairs.addIf(change.isFast, "fast");
    pairs.addIf(change.palette, "palette");
    addSwitch(pairs, "profile", change.keepsProfile);
    pairs.addNumber("dots", change.density);
    pairs.addFormula("dots", change.densityFormula);
    if (change.metadata) {
        pairs.add("metadata", metadataName(*change.metadata));
    }
    addWatermarks(pairs, change.watermarks);
    return pairs.inParentheses();
}

// ---- Choices ----

std::string testText(const Condition::Test& test) {
    return std::string(variableName(test.property)) + '-' +
           std::string(relationName(test.relation)) + '-' + numberText(test.value);
}

// "(cw-gt-200,car-lt-1)(ch-eq-30)": true if all tests of one of the parentheses are.
std::string conditionText(const Condition& condition) {
    std::string text;
    for (const auto& allOf : condition.anyOf) {
        std::string tests;
        for (const Condition::Test& test : allOf) {
            tests += tests.empty() ? "" : ",";
            tests += testText(test);
        }
        text += '(' + tests + ')';
    }
    return text;
}

std::string choiceText(const Step& step) {
    Pairs pairs;
    pairs.add("if", conditionText(*step.condition));
    pairs.add("then", stepsText(step.then));
    pairs.add("else", stepsText(step.otherwise));
    return pairs.inParentheses();
}

// ---- Steps ----

void addFinish(Pairs& pairs, const Step& step) {
    if (step.border) {
        pairs.add("border", borderText(*step.border));
    }
    if (step.rounding) {
        pairs.add("round", roundingText(*step.rounding));
    }
    if (step.distort) {
        pairs.add("distort", distortText(*step.distort));
    }
    pairs.addUnless(1, "opacity", step.opacity);
    if (step.shadow) {
        pairs.add("shadow", shadowText(*step.shadow));
    }
    if (step.background) {
        pairs.add(step.background->isForPadding ? "padding" : "background",
                  backgroundText(*step.background));
    }
}

std::string stepText(const Step& step) {
    if (step.condition) {
        return choiceText(step);
    }
    Pairs pairs;
    if (step.trim.kind != Trim::Kind::none) {
        pairs.add("trim", trimText(step.trim));
    }
    addOrientation(pairs, step);
    addSize(pairs, step);
    pairs.addUnless(0, "rotate", step.rotation);
    for (const Effect& effect : step.effects) {
        std::visit(EffectAdder{pairs}, effect);
    }
    for (const Layer& layer : step.layers) {
        pairs.add("layer", layerText(layer));
    }
    addFinish(pairs, step);
    if (step.result != ResultChange{}) {
        pairs.add("result", changeText(step.result));
    }
    return pairs.inParentheses();
}

std::string stepsText(const std::vector<Step>& steps) {
    std::string text;
    for (const Step& step : steps) {
        text += stepText(step);
    }
    return text;
}

// ---- The result ----

void addEncoding(Pairs& pairs, const Encoding& encoding) {
    pairs.addNumber("quality", encoding.quality);
    pairs.addNumber("slow-quality", encoding.slowQuality);
    pairs.addIf(encoding.lossless, "lossless");
    addProgressive(pairs, encoding.progressive);
    pairs.addIf(encoding.isFast, "fast");
    pairs.addIf(encoding.palette, "palette");
    pairs.addIf(encoding.keepsProfile, "profile");
    pairs.addNumber("dots", encoding.density);
}

void addSource(Pairs& pairs, const Transform& transform) {
    if (transform.pages) {
        pairs.add("page", transform.pages->first);
        pairs.addNumber("pages", transform.pages->count);
    }
    pairs.addIf(transform.isStill, "still");
    pairs.addText("default", transform.defaultImage);
    pairs.addIf(transform.redirectsOnError, "redirect");
}

std::string resultText(const Transform& transform) {
    Pairs pairs;
    addFormat(pairs, transform.formatChoice, transform.format);
    addEncoding(pairs, transform.encoding);
    if (transform.metadata != Metadata::none) {
        pairs.add("metadata", metadataName(transform.metadata));
    }
    addSource(pairs, transform);
    addWatermarks(pairs, transform.watermarks);
    return pairs.text();
}

}  // namespace

std::string canonicalText(const Transform& transform) {
    return stepsText(transform.steps) + resultText(transform);
}

}  // namespace private_image
