#include "nginx/door/door.hpp"

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

std::vector<ImageKey> namesOf(const Door& door, std::string_view path) {
    std::vector<ImageKey> names{imageOf(door, path)};
    const std::string file = fileOf(door, path);
    for (const OtherName& name : door.otherNames) {
        names.push_back(imageKey(name.identity, name.uriStart + file.substr(name.skipped)));
    }
    return names;
}

bool voidKnowledge(const Door& door, std::string_view path, ngx_log_t* log) {
    const std::vector<ImageKey> names = namesOf(door, path);
    bool isKept = purgeImage(names.front(), door.gate->cache, log);
    for (std::size_t i = 0; i < door.otherNames.size(); i++) {
        isKept = purgeImage(names[i + 1], door.otherNames[i].cache, log) && isKept;
    }
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
