// A signature's verdict as text.
#pragma once

#include <cstdint>
#include <string>

#include "access/signature.hpp"
#include "tools/gate_rules.hpp"

namespace private_image::tools {

// "valid: by key img.key, expires 2030-01-01T00:00:00Z, in 3 years". The first word is that of
// $private_image_signature.
std::string verdictText(const SignatureVerdict& verdict, const SignatureClaim& claim,
                        const GateRules& rules, std::int64_t now);

}  // namespace private_image::tools
