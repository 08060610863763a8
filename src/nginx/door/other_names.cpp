#include "nginx/door/other_names.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "base/known_variables.hpp"
#include "nginx/config/location_tree.hpp"
#include "nginx/door/door_store.hpp"
#include "nginx/host/pool.hpp"

namespace private_image {
namespace {

// The names of all servers, by which $host can have come into an identity.
std::vector<std::string> literalNames(ngx_conf_t* cf) {
    std::vector<std::string> names;
    for (const ngx_http_core_srv_conf_t* server : serversOf(cf)) {
        const auto* all = static_cast<const ngx_http_server_name_t*>(server->server_names.elts);
        for (std::size_t i = 0; i < server->server_names.nelts; i++) {
            const std::string name = toLowerCase(view(all[i].name));
            if (std::ranges::find(names, name) == names.end()) {
                names.push_back(name);
            }
        }
    }
    return names;
}

std::string_view withoutSlash(std::string_view folder) {
    return folder.ends_with('/') ? folder.substr(0, folder.size() - 1) : folder;
}

// The location that serves a gate's images: its own, or the one that its origin names.
const LocationNode* servingNode(const std::deque<LocationNode>& nodes, const LocationNode& node,
                                std::string_view host) {
    const Gate& gate = *node.config().gate;
    if (gate.origin == nullptr) {
        return &node;
    }
    const KnownVariable known[] = {{"host", host}, {"private_image_path", "/"}};
    const auto uri = expandVariables(view(gate.origin->value), known);
    return uri ? locationFor(nodes, *uri) : nullptr;
}

// The rest of a folder inside `folder`, with leading slash; empty where it is elsewhere.
std::optional<std::string_view> restInside(std::string_view folder, std::string_view inner) {
    const bool isInside =
        inner.starts_with(folder) && (inner.size() == folder.size() || inner[folder.size()] == '/');
    return isInside ? std::optional(inner.substr(folder.size())) : std::nullopt;
}

// Both are one folder, or one is inside the other. False: they have no file in common.
bool mapFolders(std::string_view other, std::string_view own, OtherName& name) {
    if (const auto rest = restInside(other, own)) {
        name.uriStart = *rest;
        return true;
    }
    const auto rest = restInside(own, other);
    name.below = rest.value_or("");
    return rest.has_value();
}

// The gate's names for files of the folder or objects of the bucket; empty where its files are
// others.
std::optional<OtherName> nameAt(const OtherModules& others, const std::deque<LocationNode>& nodes,
                                const LocationNode& node, const Door& door) {
    const LocationConfig& location = node.config();
    if (location.gate == nullptr || location.gateLocation != node.core || !node.isPrefix) {
        return std::nullopt;
    }
    const LocationNode* serving = servingNode(nodes, node, door.host);
    if (serving == nullptr || !serving->isPrefix) {
        return std::nullopt;
    }
    OtherName name{{}, {}, {}, location.gate->cache};
    if (door.bucket) {
        const S3Setting* setting = signingOf(*serving);
        if (setting == nullptr || setting->host + setting->path != door.bucket->address) {
            return std::nullopt;
        }
        const Gate* own = serving->config().gate;
        name.uriStart = withoutSlash(own != nullptr ? std::string_view(own->prefix)
                                                    : view(serving->core->name));
        return name;
    }
    const auto own = folderOf(others, *serving);
    if (!own || !mapFolders(withoutSlash(own->root), withoutSlash(door.folder.root), name)) {
        return std::nullopt;
    }
    if (own->uriOffset != 0) {  // an alias
        name.uriStart.insert(0, withoutSlash(view(serving->core->name)));
    }
    return name;
}

}  // namespace

void findOtherNames(ngx_conf_t* cf, const OtherModules& others, Door& door) {
    std::vector<std::string> hosts = literalNames(cf);
    hosts.push_back(door.host);
    for (const ngx_http_core_srv_conf_t* server : serversOf(cf)) {
        const std::deque<LocationNode> nodes = locationsOf(*server);
        for (const LocationNode& node : nodes) {
            auto name = nameAt(others, nodes, node, door);
            for (const std::string& host : name ? hosts : std::vector<std::string>()) {
                const auto identity = expandIdentity(*node.config().gate, host);
                if (!identity) {
                    continue;  // not known here: docs/uploads.md
                }
                name->identity = *identity;
                const bool isKnown = std::ranges::any_of(door.otherNames, [&](const auto& other) {
                    return other.identity == name->identity && other.uriStart == name->uriStart &&
                           other.below == name->below && other.cache == name->cache;
                });
                if (!isKnown) {
                    door.otherNames.push_back(*name);
                }
            }
        }
    }
}

}  // namespace private_image
