#include "nginx/bucket/private_pin.hpp"

#include <algorithm>

#include "nginx/host/ngx.hpp"
#include "nginx/shared_memory/claims.hpp"

namespace private_image {
namespace {

constexpr std::int64_t pinnedSeconds = std::int64_t{24} * 60 * 60;

}  // namespace

bool PrivatePin::set(std::uint32_t policyDigest) {
    wasSet_ = std::ranges::any_of(names_, isPinned);
    const std::int64_t until = ngx_time() + pinnedSeconds;
    return std::ranges::all_of(
        names_, [&](const ImageKey& name) { return pinPrivate(name, policyDigest, until); });
}

void PrivatePin::end() const {
    std::ranges::for_each(names_, unpinPrivate);
}

void PrivatePin::withdraw() const {
    if (!wasSet_) {
        end();
    }
}

}  // namespace private_image
