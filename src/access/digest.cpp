#include "access/digest.hpp"

#include <openssl/evp.h>

#include <new>

#include "base/encoding.hpp"

namespace private_image {

std::string sha256Hex(std::span<const unsigned char> bytes) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int length = 0;
    if (EVP_Digest(bytes.data(), bytes.size(), digest, &length, EVP_sha256(), nullptr) != 1) {
        throw std::bad_alloc();
    }
    return toHex({digest, length});
}

std::string sha256Hex(std::string_view text) {
    return sha256Hex({reinterpret_cast<const unsigned char*>(text.data()), text.size()});
}

}  // namespace private_image
