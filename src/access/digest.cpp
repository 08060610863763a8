// The algorithm is fetched and its context allocated once per thread, not once per digest: for
// short texts that would take longer than the digest.
#include "access/digest.hpp"

#include <openssl/evp.h>

#include <memory>
#include <new>

#include "base/encoding.hpp"

namespace private_image {
namespace {

struct FreeContext {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

// The context of the calling thread.
EVP_MD_CTX* startedContext() {
    // Not freed: a thread may compute digests until the process ends.
    static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    thread_local const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
    const bool isStarted = algorithm != nullptr && context != nullptr &&
                           EVP_DigestInit_ex2(context.get(), algorithm, nullptr) == 1;
    if (!isStarted) {
        throw std::bad_alloc();
    }
    return context.get();
}

}  // namespace

Sha256 sha256(std::initializer_list<std::string_view> parts) {
    EVP_MD_CTX* const context = startedContext();
    for (const std::string_view part : parts) {
        if (EVP_DigestUpdate(context, part.data(), part.size()) != 1) {
            throw std::bad_alloc();
        }
    }
    Sha256 digest;
    if (EVP_DigestFinal_ex(context, digest.data(), nullptr) != 1) {
        throw std::bad_alloc();
    }
    return digest;
}

Sha256 sha256(std::string_view text) {
    return sha256(std::initializer_list<std::string_view>{text});
}

std::string sha256Hex(std::string_view text) {
    return toHex(sha256(text));
}

std::string sha256Hex(std::span<const unsigned char> bytes) {
    return sha256Hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

}  // namespace private_image
