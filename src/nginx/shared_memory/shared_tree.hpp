// NGINX's red-black tree with 16-byte keys, in shared memory. The caller holds the zone's lock.
#pragma once

#include <array>
#include <cstdint>

#include "nginx/host/ngx.hpp"

namespace private_image {

using TreeKey = std::array<unsigned char, 16>;

// The base class of what such a tree holds.
struct KeyedNode : ngx_rbtree_node_t {
    std::uint64_t secondHalf;  // of the key; the tree node's own key is the first half
};

void initTree(ngx_rbtree_t& tree, ngx_rbtree_node_t& sentinel);
void insert(ngx_rbtree_t& tree, KeyedNode& node, const TreeKey& key);

// Null if the tree has no such key.
KeyedNode* find(const ngx_rbtree_t& tree, const TreeKey& key);

}  // namespace private_image
