#include "nginx/door/door.hpp"

#include "base/known_variables.hpp"
#include "nginx/host/pool.hpp"

namespace private_image {

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

std::string fileOf(const Door& door, std::string_view path) {
    return '/' + uriOf(door, path).substr(door.folder.uriOffset);
}

}  // namespace private_image
