// Images whose one-time URL was issued and not used yet, remembered in shared memory until the URL
// expires. What is forgotten before, since there are too many, is a draft that is not shown.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "image_state/image_key.hpp"
#include "nginx/host/ngx.hpp"

namespace private_image {

inline constexpr std::size_t maxDrafts = 1000;           // of all doors
inline constexpr std::size_t zoneFractionForDrafts = 8;  // they have an eighth of the zone

// In shared memory.
struct DraftTable {
    ngx_rbtree_t tree;
    ngx_rbtree_node_t sentinel;
    ngx_queue_t queue;  // the newest first
    std::size_t count;
    std::size_t bytes;
};

// `text`: what findDraft() returns; `until`: in unix seconds. Replaces another draft of the image.
void rememberDraft(const ImageKey& image, std::string_view text, std::int64_t until);

std::optional<std::string> findDraft(const ImageKey& image);

void forgetDraft(const ImageKey& image);

// When a zone begins.
void initDrafts(DraftTable& drafts);

}  // namespace private_image
