#include "nginx/door/door.hpp"

#include <functional>

#include "base/encoding.hpp"
#include "base/known_variables.hpp"
#include "nginx/endpoints/purge.hpp"
#include "nginx/host/pool.hpp"
#include "upload/image_details.hpp"
#include "upload/image_name.hpp"

namespace private_image {

std::size_t maxBodyBytes(const Door& door) {
    constexpr std::size_t room = 1 << 20;  // for text fields, headers of parts and line breaks
    return door.maxSize + door.maxSize / 3 + room;
}

std::size_t maxDetailsOf(const Door& door) {
    return door.bucket ? maxObjectDetails : upload::maxDetailsBytes;
}

std::string uriOf(const Door& door, std::string_view path) {
    const Gate& gate = *door.gate;
    if (gate.origin == nullptr) {
        return gate.prefix + std::string(path.substr(1));
    }
    const KnownVariable known[] = {{"host", door.host}, {"private_image_path", path}};
    return expandVariables(view(gate.origin->value), known).value_or("");
}

ImageKey imageOf(const Door& door, std::string_view path) {
    return imageKey(door.identity, uriOf(door, path));
}

namespace {

// Calls `use` with every other name of the image, and with its cache.
void forEachOtherName(const Door& door, std::string_view path,
                      const std::function<void(const ImageKey&, const ngx_shm_zone_t*)>& use) {
    const std::string file = fileOf(door, path);
    for (const OtherName& name : door.otherNames) {
        const bool isInside = file.starts_with(name.below) && file[name.below.size()] == '/';
        if (isInside) {
            use(imageKey(name.identity, name.uriStart + file.substr(name.below.size())),
                name.cache);
        }
    }
}

}  // namespace

std::vector<ImageKey> namesOf(const Door& door, std::string_view path) {
    std::vector<ImageKey> names{imageOf(door, path)};
    forEachOtherName(door, path,
                     [&](const ImageKey& name, const ngx_shm_zone_t*) { names.push_back(name); });
    return names;
}

bool discardKnowledge(const Door& door, std::string_view path, ngx_log_t* log) {
    bool isKept = purgeImage(imageOf(door, path), door.gate->cache, log);
    forEachOtherName(door, path, [&](const ImageKey& name, const ngx_shm_zone_t* cache) {
        isKept = purgeImage(name, cache, log) && isKept;
    });
    return isKept;
}

std::string_view pathError(const Door& door, std::string_view path) {
    const std::string_view problem = upload::storedPathError(path);
    const bool isTooLong = door.bucket && fileOf(door, path).size() - 1 > maxObjectName;
    return problem.empty() && isTooLong ? "the path is too long for the bucket" : problem;
}

std::string fileOf(const Door& door, std::string_view path) {
    const std::string below = door.bucket ? storeUriOf(door, path).substr(door.bucket->uriOffset)
                                          : uriOf(door, path).substr(door.folder.uriOffset);
    return below.starts_with('/') ? below : '/' + below;
}

std::string storeUriOf(const Door& door, std::string_view path) {
    return door.bucket->uriStart + std::string(path.substr(1));
}

std::string objectOf(const Door& door, std::string_view path) {
    return door.bucket->address + fileOf(door, path);
}

std::string copySourceOf(const Door& door, std::string_view path) {
    return door.bucket->sourceStart + percentEncodePath(fileOf(door, path).substr(1));
}

}  // namespace private_image
