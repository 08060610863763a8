// SHA-256, for entity tags and for keys of caches and shared memory. Callable from any thread.
#pragma once

#include <array>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace private_image {

using Sha256 = std::array<unsigned char, 32>;

Sha256 sha256(std::string_view text);

// The digest of the concatenated parts, without copying them. Boundaries between parts do not
// count.
Sha256 sha256(std::initializer_list<std::string_view> parts);

// Of bytes that come in pieces. Throws std::bad_alloc.
class Sha256Stream {
public:
    Sha256Stream();
    ~Sha256Stream();
    void add(std::string_view bytes);

    // Lower-case hex, 64 characters. Once, at the end.
    std::string hex();

private:
    struct Context;
    std::unique_ptr<Context> context_;
};

// Lower-case hex, 64 characters.
std::string sha256Hex(std::span<const unsigned char> bytes);
std::string sha256Hex(std::string_view text);

}  // namespace private_image
