#include "image_state/purge_paths.hpp"

namespace private_image {

std::string_view pathAfterLocation(std::string_view uri, std::string_view locationName) {
    if (!uri.starts_with(locationName)) {
        return uri;
    }
    const std::string_view path =
        uri.substr(locationName.size() - (locationName.ends_with('/') ? 1 : 0));
    return path.starts_with('/') ? path : std::string_view();
}

std::vector<std::string> candidatePaths(std::string_view path, std::string_view prefix,
                                        std::span<const std::string_view> gatePrefixes) {
    std::vector<std::string> paths{std::string(path)};
    if (prefix != "/") {
        if (path.starts_with(prefix)) {
            paths.emplace_back(path.substr(prefix.size() - 1));
        }
        return paths;
    }
    for (const std::string_view gatePrefix : gatePrefixes) {
        if (gatePrefix != "/") {
            paths.push_back(std::string(gatePrefix) + std::string(path.substr(1)));
        }
    }
    return paths;
}

}  // namespace private_image
