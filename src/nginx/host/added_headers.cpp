#include "nginx/host/added_headers.hpp"

#include <cstddef>
#include <new>
#include <optional>

#include "nginx/host/pool.hpp"

extern "C" ngx_module_t ngx_http_headers_filter_module;

namespace private_image {
namespace {

// The lines' offset in the module's location configuration, from its table of directives.
std::optional<std::size_t> offsetOfAddedHeaders() {
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
    static const std::optional<std::size_t> offset = offsetOfAddedHeaders();
    auto* config =
        static_cast<char*>(ngx_http_get_module_loc_conf(r, ngx_http_headers_filter_module));
    if (!offset || config == nullptr) {
        return {};
    }
    const ngx_array_t* lines = *reinterpret_cast<ngx_array_t**>(config + *offset);
    const bool isValid =
        lines != nullptr && lines != NGX_CONF_UNSET_PTR && lines->size == sizeof(AddedHeader);
    return isValid ? std::span(static_cast<AddedHeader*>(lines->elts), lines->nelts)
                   : std::span<AddedHeader>();
}

// The configuration is shared by all requests, so the request gets a copy of the list.
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
