#include "nginx/host/ignored_headers.hpp"

#include <cstddef>
#include <string_view>
#include <vector>

#include "nginx/host/pool.hpp"

namespace private_image {
namespace {

// The position of the mask in a module's location configuration, from its table of directives.
struct MaskPlace {
    ngx_uint_t module = 0;
    std::size_t offset = 0;
};

std::vector<MaskPlace> findMasks() {
    std::vector<MaskPlace> places;
    for (ngx_module_t** module = ngx_cycle->modules; *module != nullptr; module++) {
        if ((*module)->type != NGX_HTTP_MODULE || (*module)->commands == nullptr) {
            continue;
        }
        for (const ngx_command_t* command = (*module)->commands; command->name.len != 0;
             command++) {
            if (view(command->name).ends_with("_ignore_headers") &&
                command->conf == NGX_HTTP_LOC_CONF_OFFSET) {
                places.push_back({(*module)->ctx_index, command->offset});
            }
        }
    }
    return places;
}

const ngx_uint_t* maskAt(void** locations, const MaskPlace& place) {
    return reinterpret_cast<const ngx_uint_t*>(static_cast<const char*>(locations[place.module]) +
                                               place.offset);
}

// Returns the mask that the same directive sets for the gate's location. `mask` points into
// `locations`.
ngx_uint_t maskOfGate(void** locations, const ngx_uint_t* mask, void** gateLocations) {
    static const std::vector<MaskPlace> places = findMasks();
    for (const MaskPlace& place : places) {
        if (locations[place.module] != nullptr && gateLocations[place.module] != nullptr &&
            maskAt(locations, place) == mask) {
            return *maskAt(gateLocations, place);
        }
    }
    return 0;
}

}  // namespace

IgnoredHeaders ignoredHeaders(ngx_http_request_t* r, void** gateLocations) {
    if (r->upstream == nullptr || r->upstream->conf == nullptr) {
        return {};
    }
    const ngx_uint_t* own = &r->upstream->conf->ignore_headers;
    const ngx_uint_t mask = *own | maskOfGate(r->loc_conf, own, gateLocations);
    return {.cacheControl = (mask & NGX_HTTP_UPSTREAM_IGN_CACHE_CONTROL) != 0,
            .expires = (mask & NGX_HTTP_UPSTREAM_IGN_EXPIRES) != 0,
            .accelExpires = (mask & NGX_HTTP_UPSTREAM_IGN_XA_EXPIRES) != 0,
            .vary = (mask & NGX_HTTP_UPSTREAM_IGN_VARY) != 0};
}

}  // namespace private_image
