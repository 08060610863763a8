// Files of signing keys. Checks which bytes become the key, and that only this key signs.
#include "fuzzing.hpp"
#include "one_shot_hmac.hpp"

namespace private_image::fuzzing {
namespace {

constexpr std::string_view text = "/img/a.jpg?exp=1767225600";

void requireProblem(KeyProblem problem, std::size_t size) {
    switch (problem) {
        case KeyProblem::empty:
            return require(size == 0, "an empty file has no key");
        case KeyProblem::tooShort:
            return require(size > 0 && size < 16, "a key has 16 bytes at least");
        case KeyProblem::tooLong:
            return require(size > 4096, "a key has 4 KB at most");
    }
}

// Tests the key alone, and together with another key whose digest it must not match.
void requireSigning(const Key& key, std::string_view bytes, Dialect dialect) {
    const KeyRing::Digest digest = digestOf(dialect);
    KeyRing ring(digest);
    require(ring.add(*keyFromFile("another-0123456789abcdef", "another.key")) && ring.add(key),
            "OpenSSL takes every key");
    const std::string made = ring.sign(1, text);
    const EVP_MD* const kind = digest == KeyRing::Digest::sha1 ? EVP_sha1() : EVP_sha256();
    require(made == oneShotHmac(kind, bytes, text), "every byte of a key signs, and no other");
    require(ring.primary() == 1 && ring.match(text, made) == 1, "a key knows what it signed");
    require(ring.match(text.substr(1), made) == -1, "a key signs one text");
}

void requireKey(std::string_view content) {
    const std::size_t size = content.size() - (content.ends_with('\n') ? 1 : 0);
    const auto key = keyFromFile(std::string(content), "fuzz.key");
    if (!key) {
        return requireProblem(key.error(), size);
    }
    const std::string_view bytes = key->bytes.bytes();
    require(bytes == content.substr(0, size) && size >= 16 && size <= 4096,
            "a key is its file less one newline");
    require(key->endsInBlank == (std::string_view(" \t\r\n").find(bytes.back()) != bytes.npos),
            "a blank at the end is reported");
    requireSigning(*key, bytes, Dialect::cloudflare);
    requireSigning(*key, bytes, Dialect::imagekit);
}

// Repeats the input up to about the maximum length of a key.
void requireLongKeys(const std::string& content) {
    std::string repeated;
    while (!content.empty() && repeated.size() < 4100) {
        repeated += content;
    }
    for (std::size_t length = 4094; length < std::min<std::size_t>(repeated.size(), 4100);
         ++length) {
        requireKey(repeated.substr(0, length));
        requireKey(repeated.substr(0, length) + '\n');
    }
}

}  // namespace
}  // namespace private_image::fuzzing

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace private_image::fuzzing;
    const std::string content(textOf(data, size));
    requireKey(content);
    requireLongKeys(content);
    return 0;
}
