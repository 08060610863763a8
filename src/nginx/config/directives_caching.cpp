// Directives of the cache and the zone, and of the locations that show and purge them.
#include "base/encoding.hpp"
#include "nginx/config/directive_readers.hpp"
#include "nginx/config/directive_values.hpp"
#include "nginx/config/installed_handlers.hpp"
#include "nginx/host/pool.hpp"

namespace private_image {
namespace {

// A location can only have one content handler.
char* setHandler(ngx_conf_t* cf, ngx_http_handler_pt handler) {
    auto* core = static_cast<ngx_http_core_loc_conf_t*>(
        ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module));
    if (core->handler == handler) {
        return duplicate();
    }
    core->handler = handler;
    return NGX_CONF_OK;
}

}  // namespace

char* readCache(ngx_conf_t* cf, ngx_command_t*, void* conf) {
    LocationConfig& location = locationOf(conf);
    if (location.cache != NGX_CONF_UNSET_PTR) {
        return duplicate();
    }
    location.cachePosition = makeInPool<Position>(cf->pool, here(cf));
    ngx_str_t& name = argumentsOf(cf)[0];
    if (view(name) == "off") {
        location.cache = nullptr;
        return NGX_CONF_OK;
    }
    if (name.len == 0) {
        return refuseValue(cf, view(name), "the name of a keys_zone, or off");
    }
    location.cache = ngx_shared_memory_add(cf, &name, 0, &ngx_http_private_image_module);
    return location.cache == nullptr ? static_cast<char*>(NGX_CONF_ERROR) : NGX_CONF_OK;
}

char* readMinUses(ngx_conf_t* cf, ngx_command_t*, void* conf) {
    LocationConfig& location = locationOf(conf);
    if (location.cacheMinUses != NGX_CONF_UNSET_UINT) {
        return duplicate();
    }
    // NGINX counts uses in ten bits.
    const auto uses = parseUnsigned(view(argumentsOf(cf)[0]), 1023);
    if (!uses || *uses == 0) {
        return refuseValue(cf, view(argumentsOf(cf)[0]), "a number of requests from 1 to 1023");
    }
    location.cacheMinUses = *uses;
    return NGX_CONF_OK;
}

char* readZone(ngx_conf_t* cf, ngx_command_t*, void* conf) {
    MainConfig& main = *static_cast<MainConfig*>(conf);
    if (main.isZoneSet || main.isZoneOff) {
        return duplicate();
    }
    const std::string_view value = view(argumentsOf(cf)[0]);
    if (value == "off") {
        main.isZoneOff = true;
        return NGX_CONF_OK;
    }
    const char* advice = "NAME:SIZE with SIZE of 128k or more, such as private_image:10m, or off";
    const auto zone = parseNameAndSize(value);
    if (!zone) {
        return refuseValue(cf, value, advice);
    }
    ngx_str_t size = borrow(zone->size);
    const ssize_t bytes = ngx_parse_size(&size);
    if (bytes == NGX_ERROR || bytes < ssize_t{128 << 10}) {
        return refuseValue(cf, value, advice);
    }
    main.zoneName = borrow(zone->name);
    main.zoneSize = static_cast<std::size_t>(bytes);
    main.isZoneSet = true;
    return NGX_CONF_OK;
}

char* readStatus(ngx_conf_t* cf, ngx_command_t*, void* conf) {
    LocationConfig& location = locationOf(conf);
    const Arguments arguments = argumentsOf(cf);
    mainOf(cf).needsZone = true;
    const std::string_view value = arguments.empty() ? std::string_view() : view(arguments[0]);
    if (value.empty()) {
        location.statusFormat = StatusFormat::negotiated;
    } else if (value == "prometheus") {
        location.statusFormat = StatusFormat::prometheus;
    } else if (value == "json") {
        location.statusFormat = StatusFormat::json;
    } else if (value == "html") {
        location.statusFormat = StatusFormat::html;
    } else {
        return refuseValue(cf, value, "prometheus, json, html or nothing");
    }
    return setHandler(cf, installedHandlers.status);
}

char* readPurge(ngx_conf_t* cf, ngx_command_t*, void* conf) {
    LocationConfig& location = locationOf(conf);
    const Arguments arguments = argumentsOf(cf);
    if (!arguments.empty() && view(arguments[0]) != "from=any") {
        return refuseValue(cf, view(arguments[0]), "from=any or nothing");
    }
    if (location.isPurge) {
        return duplicate();
    }
    location.isPurge = true;
    location.purgePosition = makeInPool<Position>(cf->pool, here(cf));
    location.purgesFromAny = !arguments.empty();
    return NGX_CONF_OK;
}

}  // namespace private_image
