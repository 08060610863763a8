// One-shot HMACs for tests, keyed anew for every call: independent of the contexts that the key
// ring reuses. Which texts are signed is left to the tests.
#pragma once

#include <openssl/hmac.h>

#include <array>
#include <string>
#include <string_view>

#include "base/encoding.hpp"

namespace private_image {

inline std::string oneShotHmac(const EVP_MD* digest, std::string_view key, std::string_view text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes;
    unsigned int size = 0;
    HMAC(digest, key.data(), static_cast<int>(key.size()),
         reinterpret_cast<const unsigned char*>(text.data()), text.size(), bytes.data(), &size);
    return toHex({bytes.data(), size});
}

}  // namespace private_image
