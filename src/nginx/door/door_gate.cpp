#include "nginx/door/door_gate.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "base/known_variables.hpp"
#include "nginx/host/pool.hpp"

namespace private_image {

std::string inDoubleQuotes(std::string_view text) {
    return '"' + std::string(text) + '"';
}

bool isNamed(const ngx_http_core_srv_conf_t& server, std::string_view host) {
    const auto* names = static_cast<const ngx_http_server_name_t*>(server.server_names.elts);
    return std::any_of(names, names + server.server_names.nelts,
                       [&](const auto& name) { return equalsIgnoringCase(view(name.name), host); });
}

void markAsFilled(const FoundGate& found, bool isFolder) {
    for (const LocationNode& node : found.nodes) {
        const LocationConfig& location = node.config();
        if (location.gate == nullptr || location.gateLocation != found.node->core) {
            continue;
        }
        location.gate->isFilledByDoor = true;
        if (isFolder && !location.isUnmarkedWritten) {
            location.gate->unmarked = Mark::privateImage;
        }
    }
}

Result<FoundGate, Problem> findGate(const ngx_http_core_srv_conf_t& server,
                                    const DoorSetting& setting) {
    FoundGate found;
    found.server = &server;
    found.nodes = locationsOf(server);
    for (const LocationNode& node : found.nodes) {
        const LocationConfig& location = node.config();
        const bool isGate = location.gate != nullptr && location.gateLocation == node.core &&
                            location.gate->prefix == setting.prefix;
        if (!isGate) {
            continue;
        }
        if (location.gate->dialect != setting.dialect) {
            return Error{"the gate with the prefix " + inDoubleQuotes(setting.prefix) +
                         " has another dialect, write private_image_upload " +
                         std::string(dialectName(location.gate->dialect)) + ' ' + setting.prefix};
        }
        found.node = &node;
        found.gate = location.gate;
        return found;
    }
    return Error{"there is no gate with the prefix " + inDoubleQuotes(setting.prefix) +
                 " in the server that private_image_upload_url names, write the prefix of a "
                 "location with private_image"};
}

Result<std::string, Problem> expandIdentity(const Gate& gate, std::string_view host) {
    const KnownVariable known[] = {{"host", host}};
    auto identity = expandVariables(view(gate.identity->value), known);
    if (!identity) {
        return Error{"private_image_identity " + inDoubleQuotes(view(gate.identity->value)) +
                     " of the gate is not known outside a request to it, use no variable but "
                     "$host there"};
    }
    return std::move(*identity);
}

}  // namespace private_image
