#include "nginx/host/added_headers.hpp"

#include <cstddef>
#include <new>
#include <optional>

#include "nginx/host/pool.hpp"

extern "C" ngx_module_t ngx_http_headers_filter_module;

namespace private_image {
namespace {

// Where the module keeps them in its configuration of a location: its own table of directives says.
std::optional<std::size_t> placeOfAddedHeaders() {
    for (const ngx_command_t* command = ngx_http_headers_filter_module.commands;
         command->name.len != 0; command++) {
        if (view(command->name) == "add_header") {
            return command->offset;
        }
    }
    return std::nullopt;
}

}  // namespace

std::span<AddedHeader> addedHeaders(ngx_http_request_t* r) {
    static const std::optional<std::size_t> place = placeOfAddedHeaders();
    auto* config =
        static_cast<char*>(ngx_http_get_module_loc_conf(r, ngx_http_headers_filter_module));
    if (!place || config == nullptr) {
        return {};
    }
    const ngx_array_t* lines = *reinterpret_cast<ngx_array_t**>(config + *place);
    const bool isThere =
        lines != nullptr && lines != NGX_CONF_UNSET_PTR && lines->size == sizeof(AddedHeader);
    return isThere ? std::span(static_cast<AddedHeader*>(lines->elts), lines->nelts)
                   : std::span<AddedHeader>();
}

// The configuration belongs to all requests, so that the request gets a copy of its list.
void useAddedHeadersOf(ngx_http_request_t* r, void** locations) {
    const ngx_uint_t place = ngx_http_headers_filter_module.ctx_index;
    if (r->loc_conf[place] == locations[place]) {
        return;
    }
    const std::size_t size = ngx_http_max_module * sizeof(void*);
    auto** copy = static_cast<void**>(ngx_palloc(r->pool, size));
    if (copy == nullptr) {
        throw std::bad_alloc();
    }
    ngx_memcpy(copy, r->loc_conf, size);
    copy[place] = locations[place];
    r->loc_conf = copy;
}

}  // namespace private_image
