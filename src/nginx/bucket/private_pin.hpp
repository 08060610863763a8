// An image that is private, whatever is read of it or purged, while it is not known whether the
// gate sees the mark of what its bucket has.
#pragma once

#include <cstdint>
#include <vector>

#include "image_state/image_key.hpp"

namespace private_image {

class PrivatePin {
public:
    // `names`: all of the image in shared memory.
    explicit PrivatePin(std::vector<ImageKey> names) : names_(std::move(names)) {}

    // For a day, unless it ends before. False: the zone has no room for all names.
    bool set(std::uint32_t policyDigest);

    // The bucket's image is known, and the gate sees its mark: also what an earlier change has left
    // ends.
    void end() const;

    // Nothing has changed: what an earlier change has left stays.
    void withdraw() const;

private:
    std::vector<ImageKey> names_;
    bool wasSet_ = false;  // by an earlier change
};

}  // namespace private_image
