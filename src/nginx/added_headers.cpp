#include "nginx/added_headers.hpp"

#include <optional>

#include "nginx/pool.hpp"

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

}  // namespace private_image
