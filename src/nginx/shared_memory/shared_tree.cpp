// Orders nodes by both halves of their 16-byte key.
#include "nginx/shared_memory/shared_tree.hpp"

#include <compare>
#include <cstring>

namespace private_image {
namespace {

struct Halves {
    std::uint64_t first, second;
    auto operator<=>(const Halves&) const = default;
};

Halves halvesOf(const TreeKey& key) {
    Halves halves;
    static_assert(sizeof(halves) == sizeof(key));
    std::memcpy(&halves, key.data(), sizeof(halves));
    return halves;
}

Halves halvesOf(const ngx_rbtree_node_t* node) {
    return {node->key, static_cast<const KeyedNode*>(node)->secondHalf};
}

void insertNode(ngx_rbtree_node_t* parent, ngx_rbtree_node_t* node, ngx_rbtree_node_t* sentinel) {
    ngx_rbtree_node_t** place;
    while (*(place = halvesOf(node) < halvesOf(parent) ? &parent->left : &parent->right) !=
           sentinel) {
        parent = *place;
    }
    *place = node;
    node->parent = parent;
    node->left = node->right = sentinel;
    ngx_rbt_red(node);
}

}  // namespace

void initTree(ngx_rbtree_t& tree, ngx_rbtree_node_t& sentinel) {
    ngx_rbtree_init(&tree, &sentinel, insertNode);
}

void insert(ngx_rbtree_t& tree, KeyedNode& node, const TreeKey& key) {
    const Halves halves = halvesOf(key);
    node.key = halves.first;
    node.secondHalf = halves.second;
    ngx_rbtree_insert(&tree, &node);
}

KeyedNode* find(const ngx_rbtree_t& tree, const TreeKey& key) {
    const Halves wanted = halvesOf(key);
    ngx_rbtree_node_t* node = tree.root;
    while (node != tree.sentinel) {
        const auto order = wanted <=> halvesOf(node);
        if (order == 0) {
            return static_cast<KeyedNode*>(node);
        }
        node = order < 0 ? node->left : node->right;
    }
    return nullptr;
}

}  // namespace private_image
