// A key of private_image_upload_key.
#pragma once

#include <string>

#include "access/key_ring.hpp"

namespace private_image::upload {

// The key with the id that its owner gives beside it.
struct UploadKey {
    Key key;
    std::string id;  // public= or account=; empty: none
};

}  // namespace private_image::upload
