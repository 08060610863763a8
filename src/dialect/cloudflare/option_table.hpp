// The options that Cloudflare's lists may hold: each one's names, the values it takes and the part
// of a draft it fills. How the parts come together is left to the list.
#pragma once

#include <span>
#include <string_view>

#include "dialect/cloudflare/trim.hpp"
#include "transform/transform.hpp"

namespace private_image::cloudflare {

// What the options of one list said, before dpr is applied and effects are put in order.
struct Draft {
    Transform transform;
    Step step;
    TrimOptions trim;
    Levels levels;
    Sharpen sharpen{0};
    Blur blur;
    double dpr = 1;
};

struct Option {
    std::string_view name;
    std::string_view alias;     // or empty
    std::string_view expected;  // completes "must be"
    // Puts a value where it belongs, and answers whether it is one. Null for the watermark, which
    // is no part of Cloudflare's grammar: it takes the configuration to read.
    bool (*read)(Draft& draft, std::string_view value);
};

// One of Cloudflare's that this module does not have.
struct UnsupportedOption {
    std::string_view name;
    std::string_view reason;
};

std::span<const Option> knownOptions();
std::span<const UnsupportedOption> unsupportedOptions();

}  // namespace private_image::cloudflare
