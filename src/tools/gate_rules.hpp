// The rules of a gate, as a location's directives make them, from a command's options.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "access/decision.hpp"
#include "access/key_ring.hpp"
#include "dialect/dialect.hpp"
#include "tools/command_line.hpp"

namespace private_image::tools {

struct GateRules {
    Dialect dialect = Dialect::imagekit;
    std::string prefix;
    KeyRing keys{KeyRing::Digest::sha1};
    AccessPolicy policy;
    std::int64_t maxExpiry = 0;  // seconds; 0: any
    Variants variants;
    std::vector<std::unique_ptr<Watermark>> watermarks;  // by name alone, for `variants`
};

// The options as they were written.
struct GateOptions {
    std::optional<Dialect> dialect;
    std::string prefix;
    std::vector<Key> keys;
    AccessPolicy policy;
    std::int64_t maxExpiry = 0;
    struct VariantOption {
        std::string name, options;
        bool isPublic = false;
    };
    std::vector<VariantOption> variants;
};

// --dialect, --prefix and --key.
Options signingOptions(GateOptions& options);
Option maxExpiryOption(GateOptions& options);
// --signature and --adhoc.
Options policyOptions(GateOptions& options);
Option variantOption(GateOptions& options);

Option nowOption(std::optional<std::int64_t>& now);

// Fails if an option is missing or invalid. The error is a sentence.
Result<GateRules, std::string> makeGateRules(const GateOptions& options);

// Adds the variants to `rules`. Returns the error's text, or an empty one; `rules` is then
// incomplete.
std::string defineVariants(const GateOptions& options, GateRules& rules);

// The watermarks that OPTIONS name, without their images, which do not affect decisions. They are
// owned by `rules`.
Watermarks nameWatermarks(std::string_view options, GateRules& rules);

}  // namespace private_image::tools
