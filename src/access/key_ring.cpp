#include "access/key_ring.hpp"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <array>
#include <cstddef>
#include <new>
#include <span>
#include <utility>

#include "base/encoding.hpp"

namespace private_image {
namespace {

constexpr std::size_t minKeyLength = 16;
constexpr std::size_t maxKeyLength = 4096;

struct FreeMac {
    void operator()(EVP_MAC* mac) const { EVP_MAC_free(mac); }
    void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};

using Mac = std::unique_ptr<EVP_MAC, FreeMac>;
using MacContext = std::unique_ptr<EVP_MAC_CTX, FreeMac>;

const unsigned char* asBytes(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

MacContext keyedContext(KeyRing::Digest digest, std::string_view key) {
    const Mac mac(EVP_MAC_fetch(nullptr, OSSL_MAC_NAME_HMAC, nullptr));
    MacContext context(mac ? EVP_MAC_CTX_new(mac.get()) : nullptr);
    if (!context) {
        return nullptr;
    }
    // OpenSSL's parameters are not const, though it only reads this one.
    std::string name =
        digest == KeyRing::Digest::sha1 ? OSSL_DIGEST_NAME_SHA1 : OSSL_DIGEST_NAME_SHA2_256;
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name.data(), 0),
        OSSL_PARAM_construct_end()};
    if (EVP_MAC_init(context.get(), asBytes(key), key.size(), parameters) != 1) {
        return nullptr;
    }
    return context;
}

bool isBlank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

// Hexadecimal digits of an HMAC; empty if OpenSSL failed.
struct Hex {
    std::array<char, std::size_t{2} * EVP_MAX_MD_SIZE> digits;
    std::size_t size = 0;

    std::string_view text() const { return {digits.data(), size}; }
};

}  // namespace

struct KeyRing::Entry {
    MacContext context;
    std::string name;

    Hex digestOf(std::string_view text) const;
};

std::string_view problemText(KeyProblem problem) {
    switch (problem) {
        case KeyProblem::empty:
            return "is empty, write 16 bytes or more into it, such as the output of "
                   "\"openssl rand -hex 32\"";
        case KeyProblem::tooShort:
            return "is too short, write 16 bytes or more into it, such as the output of "
                   "\"openssl rand -hex 32\"";
        case KeyProblem::tooLong:
            return "is too long, write at most 4096 bytes into it";
    }
    return {};
}

Result<Key, KeyProblem> keyFromFile(std::string content, std::string name) {
    const Secret whole(std::move(content));
    std::string_view bytes = whole.bytes();
    if (bytes.ends_with('\n')) {
        bytes.remove_suffix(1);
    }
    if (bytes.empty()) {
        return Error{KeyProblem::empty};
    }
    if (bytes.size() < minKeyLength) {
        return Error{KeyProblem::tooShort};
    }
    if (bytes.size() > maxKeyLength) {
        return Error{KeyProblem::tooLong};
    }
    return Key{Secret(std::string(bytes)), std::move(name), isBlank(bytes.back())};
}

Hex KeyRing::Entry::digestOf(std::string_view text) const {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
    std::size_t size = 0;
    Hex hex;
    // Without a key, init resets the context to its state after the key was set.
    if (EVP_MAC_init(context.get(), nullptr, 0, nullptr) != 1 ||
        EVP_MAC_update(context.get(), asBytes(text), text.size()) != 1 ||
        EVP_MAC_final(context.get(), digest.data(), &size, digest.size()) != 1) {
        return hex;
    }
    writeHex(std::span(digest.data(), size), hex.digits.data());
    hex.size = 2 * size;
    return hex;
}

KeyRing::KeyRing(Digest digest) : digest_(digest) {}
KeyRing::KeyRing(KeyRing&&) noexcept = default;
KeyRing& KeyRing::operator=(KeyRing&&) noexcept = default;
KeyRing::~KeyRing() = default;

bool KeyRing::add(const Key& key, bool isPrimary) {
    MacContext context = keyedContext(digest_, key.bytes.bytes());
    if (!context) {
        return false;
    }
    if (isPrimary) {
        primary_ = entries_.size();
    }
    entries_.push_back({std::move(context), key.name});
    return true;
}

bool KeyRing::empty() const {
    return entries_.empty();
}

std::size_t KeyRing::size() const {
    return entries_.size();
}

int KeyRing::match(std::string_view text, std::string_view hex) const {
    int matching = -1;
    // Tries every key, also after a match, so that the duration does not depend on the matching
    // key.
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        const Hex digest = entries_[i].digestOf(text);
        const bool isEqual = digest.size != 0 && equalInConstantTime(digest.text(), hex);
        if (isEqual && matching < 0) {
            matching = static_cast<int>(i);
        }
    }
    return matching;
}

std::string_view KeyRing::nameOf(int index) const {
    return entries_.at(static_cast<std::size_t>(index)).name;
}

std::size_t KeyRing::primary() const {
    return primary_.value_or(entries_.size() - 1);
}

std::string KeyRing::sign(std::size_t index, std::string_view text) const {
    const Hex digest = entries_.at(index).digestOf(text);
    if (digest.size == 0) {
        throw std::bad_alloc();  // the only reason for which OpenSSL fails here
    }
    return std::string(digest.text());
}

}  // namespace private_image
