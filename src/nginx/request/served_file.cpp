#include "nginx/request/served_file.hpp"

#include <memory>
#include <string_view>

#include "nginx/host/log.hpp"
#include "nginx/request/image_mark.hpp"

namespace private_image {
namespace {

constexpr std::size_t smallPool = 512;

// True if the handlers of the content phase answer, of which the static module is the last.
bool isAnsweredFromFolder(const ngx_http_request_t* r) {
    const bool isNamedAsFolder = r->uri.len == 0 || r->uri.data[r->uri.len - 1] == '/';
    return r->content_handler == nullptr && isInContentPhase(r) && !isNamedAsFolder;
}

// Empty if the URI has no path in the location.
ngx_str_t pathOf(ngx_http_request_t* r, const ngx_http_core_loc_conf_t& core) {
    const bool isCut = core.alias != 0 && core.alias != NGX_MAX_SIZE_T_VALUE;
    ngx_str_t path = ngx_null_string;
    if (isCut && core.alias > r->uri.len) {
        return path;
    }
    std::size_t rootLength = 0;
    const u_char* end = ngx_http_map_uri_to_path(r, &path, &rootLength, 0);
    path.len = end == nullptr ? 0 : static_cast<std::size_t>(end - path.data);
    return path;
}

// The descriptor that NGINX opened last for this path without open_file_cache, which keeps it for
// the end of the request; -1: none.
int openedDescriptor(const ngx_pool_t& pool, const ngx_str_t& path) {
    for (const ngx_pool_cleanup_t* cleanup = pool.cleanup; cleanup != nullptr;
         cleanup = cleanup->next) {
        if (cleanup->handler != ngx_pool_cleanup_file) {
            continue;
        }
        const auto& file = *static_cast<const ngx_pool_cleanup_file_t*>(cleanup->data);
        if (view(path) == reinterpret_cast<const char*>(file.name)) {
            return file.fd;
        }
    }
    return -1;
}

// Opens the path as the static module does, and leaves it open no longer than it is read.
FileFacts readThroughCache(ngx_http_request_t* r, ngx_http_core_loc_conf_t& core, ngx_str_t path) {
    const FileFacts unreadable{.mark = Mark::privateImage};
    ngx_open_file_info_t file{};
    file.read_ahead = core.read_ahead;
    file.directio = core.directio;
    file.valid = core.open_file_cache_valid;
    file.min_uses = core.open_file_cache_min_uses;
    file.errors = core.open_file_cache_errors != 0;
    file.events = core.open_file_cache_events != 0;
    const std::unique_ptr<ngx_pool_t, decltype(&ngx_destroy_pool)> pool(
        ngx_create_pool(smallPool, r->connection->log), ngx_destroy_pool);
    if (pool == nullptr || ngx_http_set_disable_symlinks(r, &core, &path, &file) != NGX_OK) {
        return unreadable;
    }
    if (ngx_open_cached_file(core.open_file_cache, &path, &file, pool.get()) != NGX_OK) {
        return {.mark = markOfUnopenedFile(file.err)};
    }
    return file.is_file ? readFileFacts(file.fd) : FileFacts();
}

}  // namespace

FileFacts readServedFile(const RequestContext& context, ngx_http_request_t* r) {
    if (!context.gate.readsFileMarks || !isAnsweredFromFolder(r)) {
        return {};
    }
    auto& core = *static_cast<ngx_http_core_loc_conf_t*>(
        ngx_http_get_module_loc_conf(r, ngx_http_core_module));
    const ngx_str_t path = pathOf(r, core);
    if (path.len == 0) {
        return {.mark = Mark::privateImage};
    }
    const int opened = core.open_file_cache == nullptr ? openedDescriptor(*r->pool, path) : -1;
    const FileFacts file = opened >= 0 ? readFileFacts(opened) : readThroughCache(r, core, path);
    logDebug(r->connection->log, "mark of the file", markWord(file.mark));
    return file;
}

}  // namespace private_image
