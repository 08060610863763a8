// The folder or the bucket that a door fills, found in the configuration when that is read.
#pragma once

#include <deque>
#include <optional>
#include <string_view>

#include "base/result.hpp"
#include "nginx/config/location_tree.hpp"
#include "nginx/config/other_modules.hpp"
#include "nginx/door/door.hpp"
#include "nginx/door/door_gate.hpp"
#include "nginx/s3_origin/s3_module.hpp"

namespace private_image {

// Where the images of a gate are: one of the two.
struct Store {
    FolderOfLocation folder;
    std::optional<BucketOfLocation> bucket;
};

// The store of a gate that is reached under `host`. `storeUri`: of private_image_store; may be
// empty.
Result<Store, Problem> findStore(const OtherModules& others, const FoundGate& found,
                                 std::string_view host, std::string_view storeUri);

// What is uploaded must be answered by the gate: not by another location below its prefix, nor by a
// regular expression.
std::optional<Problem> findUnguarded(const OtherModules& others, const FoundGate& found,
                                     const Store& store);

// The location of the server that NGINX chooses for a URI by its name; null: none.
const LocationNode* locationFor(const std::deque<LocationNode>& nodes, std::string_view uri);

Result<FolderOfLocation, Problem> folderOf(const OtherModules& others, const LocationNode& node);

// Null where the location signs for no bucket by itself.
const S3Setting* signingOf(const LocationNode& node);

}  // namespace private_image
