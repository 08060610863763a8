// The gate that a door fills, found in the configuration when that is read.
#pragma once

#include <deque>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "nginx/config/location_tree.hpp"
#include "nginx/door/door.hpp"

namespace private_image {

// An [emerg] without its position.
using Problem = std::string;

std::string inDoubleQuotes(std::string_view text);

struct FoundGate {
    const ngx_http_core_srv_conf_t* server = nullptr;
    std::deque<LocationNode> nodes;      // of the server
    const LocationNode* node = nullptr;  // the gate's own
    Gate* gate = nullptr;
};

// True for a literal server_name.
bool isNamed(const ngx_http_core_srv_conf_t& server, std::string_view host);

Result<FoundGate, Problem> findGate(const ngx_http_core_srv_conf_t& server,
                                    const DoorSetting& setting);

// Marks every gate of that location as filled, those that an `if` or a nested location makes of it
// included: they serve the same files. A copy of a file may have lost its mark.
void markAsFilled(const FoundGate& found, bool isFolder);

// The gate's identity for requests to that host.
Result<std::string, Problem> expandIdentity(const Gate& gate, std::string_view host);

}  // namespace private_image
