// The signing keys of a location, each set up once for the dialect's HMAC. Knows no URLs.
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
    bool endsInBlank = false;  // a carriage return or blank stands at the end: probably a error
};

// A key from a file's content: its bytes less one trailing newline, 16 bytes to 4 KB.
Result<Key, KeyProblem> keyFromFile(std::string content, std::string name);

// Keyed HMAC contexts. Belongs to one thread: the contexts are reused from call to call.
class KeyRing {
public:
    enum class Digest { sha1, sha256 };

    explicit KeyRing(Digest digest);
    KeyRing(KeyRing&&) noexcept;
    KeyRing& operator=(KeyRing&&) noexcept;
    ~KeyRing();

    // False if OpenSSL refuses. The key may be dropped afterwards.
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

// One of a ring's keys.
struct SigningKey {
    const KeyRing& ring;
    std::size_t index;

    std::string sign(std::string_view text) const { return ring.sign(index, text); }
};

}  // namespace private_image
