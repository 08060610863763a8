#include "tools/gate_rules.hpp"

#include <array>

#include "base/encoding.hpp"
#include "tools/files.hpp"
#include "tools/times.hpp"

namespace private_image::tools {
namespace {

constexpr std::size_t maxKeyFileSize = 64 << 10;
constexpr std::int64_t maxTime = 3650LL * 86'400;

// ------------------------------------------------------------------ words

template <typename Value, std::size_t count>
std::string readWord(std::string_view text, const char* instead,
                     const std::array<std::pair<std::string_view, Value>, count>& words,
                     Value& value) {
    for (const auto& [word, meaning] : words) {
        if (word == text) {
            value = meaning;
            return {};
        }
    }
    return "invalid value " + inQuotes(text) + ", write " + instead;
}

std::string readDialect(std::string_view text, GateOptions& options) {
    options.dialect = dialectFromName(text);
    return options.dialect ? std::string()
                           : "invalid value " + inQuotes(text) + ", write " + dialectChoice;
}

std::string readPrefix(std::string_view text, GateOptions& options) {
    if (!text.starts_with('/') || text.find_first_of("?#") != text.npos) {
        return "invalid value " + inQuotes(text) +
               ", write the part of the path before the image path, such as /img/";
    }
    options.prefix = text;
    if (options.prefix.back() != '/') {
        options.prefix += '/';
    }
    return {};
}

std::string readSignaturePolicy(std::string_view text, GateOptions& options) {
    static constexpr std::array words{std::pair{std::string_view("private"), false},
                                      std::pair{std::string_view("always"), true}};
    return readWord(text, "private or always", words, options.policy.signatureAlways);
}

std::string readAdhocPolicy(std::string_view text, GateOptions& options) {
    static constexpr std::array words{std::pair{std::string_view("off"), Adhoc::off},
                                      std::pair{std::string_view("public"), Adhoc::publicOnly},
                                      std::pair{std::string_view("signed"), Adhoc::withSignature},
                                      std::pair{std::string_view("on"), Adhoc::on}};
    return readWord(text, "off, public, signed or on", words, options.policy.adhoc);
}

// ------------------------------------------------------------------ keys

// Reads a key as private_image_key does, and prints the same warnings.
std::string readKey(std::string_view path, GateOptions& options) {
    const std::string subject = "signing key \"" + printable(path) + '"';
    auto file = readFile(std::string(path), maxKeyFileSize);
    if (!file) {
        return "cannot read " + subject + ": " + file.error();
    }
    auto key =
        keyFromFile(std::move(file->bytes), std::string(path.substr(path.find_last_of('/') + 1)));
    if (!key) {
        return subject + ' ' + std::string(problemText(key.error()));
    }
    if (key->endsInBlank) {
        complain(subject +
                 " ends in a carriage return or blank, which is part of the key: signatures made "
                 "without it will not verify");
    }
    if (file->othersMayRead) {
        complain(subject + " can be read by others, write chmod o-r");
    }
    options.keys.push_back(std::move(*key));
    return {};
}

// ------------------------------------------------------------------ variants

std::vector<std::string_view> wordsOf(std::string_view text) {
    std::vector<std::string_view> words;
    for (std::size_t begin = text.find_first_not_of(" \t"); begin != text.npos;
         begin = text.find_first_not_of(" \t", begin)) {
        const std::size_t end = std::min(text.find_first_of(" \t", begin), text.size());
        words.push_back(text.substr(begin, end - begin));
        begin = end;
    }
    return words;
}

std::string readVariant(std::string_view text, GateOptions& options) {
    const auto words = wordsOf(text);
    const bool hasAccess = words.size() == 3 && (words[1] == "public" || words[1] == "signed");
    if (!hasAccess) {
        return "invalid value " + inQuotes(text) + ", write 'NAME public|signed OPTIONS'";
    }
    if (!isVariantName(words[0])) {
        return "invalid name " + inQuotes(words[0]) +
               ", write letters, digits, \"_\", \"-\" and \".\"";
    }
    const bool isPublic = words[1] == "public";
    if (isPublic && words[2] == "original") {
        return "variant " + inQuotes(words[0]) +
               " would make every private original public, write signed instead of public";
    }
    options.variants.push_back({std::string(words[0]), std::string(words[2]), isPublic});
    return {};
}

}  // namespace

// ------------------------------------------------------------------ options

Options signingOptions(GateOptions& options) {
    return {
        {"dialect", "NAME", "cloudflare or imagekit, as private_image",
         [&options](std::string_view text) { return readDialect(text, options); }},
        {"prefix", "PATH",
         "the part of the path before the image path, such as\n"
         "/img/: the location's name, or private_image_prefix",
         [&options](std::string_view text) { return readPrefix(text, options); }},
        {"key", "FILE",
         "a signing key, as private_image_key; repeat it for\n"
         "rotation: any verifies, the last one signs",
         [&options](std::string_view text) { return readKey(text, options); }, true},
    };
}

Option maxExpiryOption(GateOptions& options) {
    return {"max-expiry", "TIME",
            "as private_image_max_expiry: signatures that expire\n"
            "later than that from now, or never, are invalid",
            [&options](std::string_view text) -> std::string {
                const auto seconds = parseDuration(text, maxTime);
                options.maxExpiry = seconds.value_or(0);
                return options.maxExpiry > 0 ? "" : "write a time from 1s to 3650d, such as 7d";
            }};
}

Options policyOptions(GateOptions& options) {
    return {
        {"signature", "WHEN", "private (default) or always: private_image_signature",
         [&options](std::string_view text) { return readSignaturePolicy(text, options); }},
        {"adhoc", "WHICH", "off, public, signed or on (default): private_image_adhoc",
         [&options](std::string_view text) { return readAdhocPolicy(text, options); }},
    };
}

Option variantOption(GateOptions& options) {
    return {"variant", "'NAME public|signed OPTIONS'",
            "a variant, as private_image_variant; repeat it, with the\n"
            "variants that others name first",
            [&options](std::string_view text) { return readVariant(text, options); }, true};
}

Option nowOption(std::optional<std::int64_t>& now) {
    return {"now", "TIME",
            "the time to use instead of now: unix seconds, or UTC\n"
            "as in 2030-01-01 or 2030-01-01T12:30:00Z",
            [&now](std::string_view text) -> std::string {
                now = parseInstant(text);
                return now ? "" : instantAdvice;
            }};
}

// ------------------------------------------------------------------ rules

Watermarks nameWatermarks(std::string_view options, GateRules& rules) {
    constexpr std::string_view optionName = "watermark=";
    Watermarks watermarks;
    for (std::size_t begin = 0; begin <= options.size();) {
        const std::size_t end = std::min(options.find(',', begin), options.size());
        const std::string_view option = options.substr(begin, end - begin);
        if (option.starts_with(optionName)) {
            const std::string name = decodeLeniently(option.substr(optionName.size()));
            rules.watermarks.push_back(std::make_unique<Watermark>());
            rules.watermarks.back()->name = name;
            watermarks.emplace(name, rules.watermarks.back().get());
        }
        begin = end + 1;
    }
    return watermarks;
}

std::string defineVariants(const GateOptions& options, GateRules& rules) {
    for (const GateOptions::VariantOption& option : options.variants) {
        Variant variant{option.name, option.isPublic, option.options == "original", {}};
        if (!variant.isOriginal) {
            auto transform = parseVariantOptions(
                option.options, nameWatermarks(option.options, rules), rules.variants);
            if (!transform) {
                return "variant \"" + option.name + "\": " + transform.error().detail;
            }
            variant.transform = std::move(*transform);
        }
        if (!rules.variants.emplace(option.name, std::move(variant)).second) {
            return "variant \"" + option.name + "\" is defined twice";
        }
    }
    return {};
}

Result<GateRules, std::string> makeGateRules(const GateOptions& options) {
    if (!options.dialect) {
        return Error{std::string("write --dialect cloudflare or --dialect imagekit")};
    }
    if (options.prefix.empty()) {
        return Error{std::string(
            "write --prefix and the part of the path before the image path, such as /img/")};
    }
    GateRules rules;
    rules.dialect = *options.dialect;
    rules.prefix = options.prefix;
    rules.policy = options.policy;
    rules.maxExpiry = options.maxExpiry;
    rules.keys = KeyRing(digestOf(rules.dialect));
    for (const Key& key : options.keys) {
        if (!rules.keys.add(key)) {
            return Error{"OpenSSL refuses the signing key \"" + printable(key.name) + '"'};
        }
    }
    std::string error = defineVariants(options, rules);
    return error.empty() ? Result<GateRules, std::string>(std::move(rules))
                         : Error{std::move(error)};
}

}  // namespace private_image::tools
