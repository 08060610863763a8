// A key of private_image_upload_key.
#pragma once

#include <string>

#include "access/key_ring.hpp"

namespace private_image::upload {

struct UploadKey {
    Key key;
    std::string publicKey;  // of ImageKit's API; empty: none
    std::string account;    // of Cloudflare's API; empty: none
};

}  // namespace private_image::upload
