// Which part of a URL is what. Judges nothing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dialect/parsed_request.hpp"
#include "tools/gate.hpp"

namespace private_image::tools {

struct UrlPart {
    std::string text;
    std::string meaning;
};

// `uri`: NGINX's, decoded, which begins with the gate's prefix. `rawQuery`: as it was sent; of a
// signature only the name is told. `parsed`: what the dialect made of both.
std::vector<UrlPart> partsOf(std::string_view uri, std::string_view rawQuery, const Gate& gate,
                             const ParsedRequest& parsed);

}  // namespace private_image::tools
