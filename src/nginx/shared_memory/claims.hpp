// Claims on something, remembered in shared memory until they expire: credentials that are good for
// one upload, locks of images, and images that are private while they are being stored.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "image_state/image_key.hpp"
#include "nginx/host/ngx.hpp"

namespace private_image {

// In shared memory.
struct Claims {
    ngx_rbtree_t tree;
    ngx_rbtree_node_t sentinel;
    ngx_queue_t queue;  // the newest first
};

enum class ClaimResult : std::uint8_t {
    first,   // claimed from now on
    taken,   // claimed before, by any worker
    noRoom,  // the zone is full or missing: the claim cannot be remembered
};

// `digest`: of what is claimed; `until`: when the claim expires, in unix seconds, like `now`. None
// is forgotten before. `owner`: any number, for those who release or renew it.
ClaimResult claim(const std::array<unsigned char, 16>& digest, std::int64_t until, std::int64_t now,
                  std::uint64_t owner = 0);

// Both do nothing where another owner has the claim by now.
void releaseClaim(const std::array<unsigned char, 16>& digest, std::uint64_t owner);
void renewClaim(const std::array<unsigned char, 16>& digest, std::uint64_t owner,
                std::int64_t until);

// The image is private, whatever is read of it or purged, until the pin is removed or expires. One
// image has one pin. False without room.
bool pinPrivate(const ImageKey& image, std::uint32_t policyDigest, std::int64_t until);
void unpinPrivate(const ImageKey& image);
bool isPinned(const ImageKey& image);

// The policy digest of the image's pin; empty: it has none. Under the lock.
std::optional<std::uint32_t> pinOf(const Claims& claims, const ImageKey& image);

// When a zone begins.
void initClaims(Claims& claims);

}  // namespace private_image
