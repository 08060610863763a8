// Text between double quotes, as JSON and Prometheus have it. Knows no answer.
#pragma once

#include <string>
#include <string_view>

namespace private_image {

// Of printable ASCII, which needs no more in either.
inline std::string quotedText(std::string_view text) {
    std::string result = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            result += '\\';
        }
        result += c;
    }
    return result + '"';
}

}  // namespace private_image
