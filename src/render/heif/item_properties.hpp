// The properties of HEIF items: ISO/IEC 23008-12, 6.5.
#pragma once

#include <string_view>

#include "render/heif/boxes.hpp"
#include "render/heif/items.hpp"

namespace private_image {

// Returns why the item cannot have that property, or an empty text.
std::string_view addProperty(const HeifBox& property, HeifItem& item);

}  // namespace private_image
