// A profile of Little CMS, which libvips uses to convert colours.
#pragma once

#include <lcms2.h>

#include <memory>

namespace private_image {

struct CloseProfile {
    void operator()(void* profile) const { cmsCloseProfile(profile); }
};
using IccProfile = std::unique_ptr<void, CloseProfile>;

}  // namespace private_image
