#include "access/hmac.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <new>

namespace private_image {

namespace {

std::string hmac(const EVP_MD* digest, std::string_view key, std::string_view text) {
    std::string result(EVP_MAX_MD_SIZE, '\0');
    unsigned size = 0;
    const unsigned char* done =
        HMAC(digest, key.data(), static_cast<int>(key.size()),
             reinterpret_cast<const unsigned char*>(text.data()), text.size(),
             reinterpret_cast<unsigned char*>(result.data()), &size);
    if (done == nullptr) {
        throw std::bad_alloc();
    }
    result.resize(size);
    return result;
}

}  // namespace

std::string hmacSha1(std::string_view key, std::string_view text) {
    return hmac(EVP_sha1(), key, text);
}

std::string hmacSha256(std::string_view key, std::string_view text) {
    return hmac(EVP_sha256(), key, text);
}

}  // namespace private_image
