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

void check(bool hasSucceeded) {
    if (!hasSucceeded) {
        throw std::bad_alloc();
    }
}

void begin(EVP_MD_CTX* context) {
    // Not freed: a thread may compute digests until the process ends.
    static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    check(algorithm != nullptr && context != nullptr &&
          EVP_DigestInit_ex2(context, algorithm, nullptr) == 1);
}

void update(EVP_MD_CTX* context, std::string_view bytes) {
    check(EVP_DigestUpdate(context, bytes.data(), bytes.size()) == 1);
}

Sha256 finish(EVP_MD_CTX* context) {
    Sha256 digest;
    check(EVP_DigestFinal_ex(context, digest.data(), nullptr) == 1);
    return digest;
}

}  // namespace

Sha256 sha256(std::initializer_list<std::string_view> parts) {
    thread_local const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
    begin(context.get());
    for (const std::string_view part : parts) {
        update(context.get(), part);
    }
    return finish(context.get());
}

Sha256 sha256(std::string_view text) {
    return sha256(std::initializer_list<std::string_view>{text});
}

struct Sha256Stream::Context {
    std::unique_ptr<EVP_MD_CTX, FreeContext> state{EVP_MD_CTX_new()};
};

Sha256Stream::Sha256Stream() : context_(std::make_unique<Context>()) {
    begin(context_->state.get());
}

Sha256Stream::~Sha256Stream() = default;

void Sha256Stream::add(std::string_view bytes) {
    update(context_->state.get(), bytes);
}

std::string Sha256Stream::hex() {
    return toHex(finish(context_->state.get()));
}

std::string sha256Hex(std::string_view text) {
    return toHex(sha256(text));
}

std::string sha256Hex(std::span<const unsigned char> bytes) {
    return sha256Hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

}  // namespace private_image
