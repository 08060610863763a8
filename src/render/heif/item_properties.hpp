// What a property says of the HEIF items that it is associated with: ISO/IEC 23008-12, 6.5.
#pragma once

#include <string_view>

#include "render/heif/boxes.hpp"
#include "render/heif/items.hpp"

namespace private_image {

// Why an item cannot have that property, or empty.
std::string_view addProperty(const HeifBox& property, HeifItem& item);

}  // namespace private_image
