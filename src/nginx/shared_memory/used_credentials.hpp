// Credentials that are good for one upload, remembered in shared memory until they expire.
#pragma once

#include <array>
#include <cstdint>

#include "nginx/host/ngx.hpp"

namespace private_image {

// In shared memory.
struct UsedCredentials {
    ngx_rbtree_t tree;
    ngx_rbtree_node_t sentinel;
    ngx_queue_t queue;  // the newest first
};

enum class CredentialUse : std::uint8_t {
    first,   // remembered from now on
    again,   // used before, by any worker
    noRoom,  // the zone is full or missing: the use cannot be remembered
};

// `digest`: of the credential; `until`: when it expires, in unix seconds, like `now`. None is
// forgotten before it has expired.
CredentialUse useCredential(const std::array<unsigned char, 16>& digest, std::int64_t until,
                            std::int64_t now);

// Forgets it before it has expired: for locks, which end with what they guard.
void forgetCredential(const std::array<unsigned char, 16>& digest);

// When a zone begins.
void initUsedCredentials(UsedCredentials& used);

}  // namespace private_image
