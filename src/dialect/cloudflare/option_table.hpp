// The table of Cloudflare's options: names, valid values, and the part of a draft that each one
// sets.
#pragma once

#include <span>
#include <string_view>

#include "dialect/cloudflare/trim.hpp"
#include "transform/transform.hpp"

namespace private_image::cloudflare {

// The values of one list's options, before dpr is applied and effects are ordered.
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
    // Parses and stores a value; false if it is invalid. Null for the watermark, which needs the
    // configuration and is not part of Cloudflare's grammar.
    bool (*read)(Draft& draft, std::string_view value);
};

// An option of Cloudflare's that this module does not support.
struct UnsupportedOption {
    std::string_view name;
    std::string_view reason;
};

std::span<const Option> knownOptions();
std::span<const UnsupportedOption> unsupportedOptions();

}  // namespace private_image::cloudflare
