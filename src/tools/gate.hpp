// A gate as a location's directives make one, put together from a command's options. Knows no
// command.
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

struct Gate {
    Dialect dialect = Dialect::imagekit;
    std::string prefix;
    KeyRing keys{KeyRing::Digest::sha1};
    AccessPolicy policy;
    std::int64_t maxExpiry = 0;  // seconds; 0: any
    Variants variants;
    std::vector<std::unique_ptr<Watermark>> watermarks;  // by name alone, for `variants`
};

// What was written, until all of it is known.
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
Options signingOptions(GateOptions& gate);
Option maxExpiryOption(GateOptions& gate);
// --signature and --adhoc.
Options policyOptions(GateOptions& gate);
Option variantOption(GateOptions& gate);

Option nowOption(std::optional<std::int64_t>& now);

// The error is a sentence.
Result<Gate, std::string> makeGate(const GateOptions& options);

// The variants alone. Leaves `gate` half filled on error.
std::string defineVariants(const GateOptions& options, Gate& gate);

// Those that OPTIONS name, without their pictures, which play no part in what is decided. Belong to
// the gate.
Watermarks nameWatermarks(std::string_view options, Gate& gate);

}  // namespace private_image::tools
