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

// `url`: below the gate's prefix. Of a signature only the name is shown. `parsed`: what the dialect
// made of it.
std::vector<UrlPart> partsOf(const UrlParts& url, const Gate& gate, const ParsedRequest& parsed);

}  // namespace private_image::tools
