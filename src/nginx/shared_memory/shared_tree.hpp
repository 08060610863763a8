// Finds what stands in shared memory by 16 bytes, in one of NGINX's red-black trees. Knows not what
// it is, and takes no lock.
#pragma once

#include <array>
#include <cstdint>

#include "nginx/host/ngx.hpp"

namespace private_image {

using TreeKey = std::array<unsigned char, 16>;

// What is to be found derives from it.
struct KeyedNode : ngx_rbtree_node_t {  // whose key is the first half
    std::uint64_t secondHalf;
};

void beginTree(ngx_rbtree_t& tree, ngx_rbtree_node_t& sentinel);
void insert(ngx_rbtree_t& tree, KeyedNode& node, const TreeKey& key);

// Null if there is none.
KeyedNode* find(const ngx_rbtree_t& tree, const TreeKey& key);

}  // namespace private_image
