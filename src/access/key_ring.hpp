// The signing keys of a location. Each is set up once for the dialect's HMAC and reused for every
// request.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/secret.hpp"

namespace private_image {

enum class KeyProblem { empty, tooShort, tooLong };

// What is invalid and what to write instead: "is empty, write …".
std::string_view problemText(KeyProblem problem);

struct Key {
    Secret bytes;
    std::string name;          // base name of the key's file
    bool endsInBlank = false;  // the last byte is a carriage return or blank, probably by accident
};

// Parses a key file: the key is its content without one trailing newline, 16 to 4096 bytes.
Result<Key, KeyProblem> keyFromFile(std::string content, std::string name);

// Keyed HMAC contexts. For one thread only: calls reuse the contexts.
class KeyRing {
public:
    enum class Digest { sha1, sha256 };

    explicit KeyRing(Digest digest);
    KeyRing(KeyRing&&) noexcept;
    KeyRing& operator=(KeyRing&&) noexcept;
    ~KeyRing();

    // False if OpenSSL fails. The key is not referenced afterwards.
    bool add(const Key& key, bool isPrimary = false);

    bool empty() const;
    std::size_t size() const;

    // The index of the key whose HMAC over `text` is `hex` (lower case, compared in constant
    // time against every key), or -1.
    int match(std::string_view text, std::string_view hex) const;

    std::string_view nameOf(int index) const;

    // The key that signs: the primary one, else the last. Precondition: not empty.
    std::size_t primary() const;

    // The key's HMAC over `text` in lower-case hex. Throws std::bad_alloc.
    std::string sign(std::size_t index, std::string_view text) const;

private:
    struct Entry;
    std::vector<Entry> entries_;
    std::optional<std::size_t> primary_;
    Digest digest_;
};

// One key of a ring, which must outlive it.
struct SigningKey {
    const KeyRing& ring;
    std::size_t index;

    std::string sign(std::string_view text) const { return ring.sign(index, text); }
};

}  // namespace private_image
