// What is remembered of one original between requests.
#pragma once

#include <optional>

#include "image_state/origin_state.hpp"

namespace private_image {

struct ImageState {
    std::optional<OriginState> originState;
    bool isMissing = false;     // the origin does not have it, and need not be asked again yet
    Milliseconds purgedAt = 0;  // answers to requests sent up to then are void; 0: never purged
};

}  // namespace private_image
