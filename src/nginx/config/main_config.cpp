// The settings of the whole http block, and checks that need all locations.
#include "nginx/config/location_config.hpp"
#include "nginx/config/sign_settings.hpp"
#include "nginx/host/pool.hpp"
#include "nginx/rendering/render_queue.hpp"
#include "nginx/shared_memory/shared_zone.hpp"

namespace private_image {
namespace {

bool isDefinedCache(const MainConfig& main, const ngx_shm_zone_t* zone) {
    const auto* caches = static_cast<ngx_http_file_cache_t**>(main.caches.elts);
    for (ngx_uint_t i = 0; i < main.caches.nelts; i++) {
        if (caches[i]->shm_zone == zone) {
            return true;
        }
    }
    return false;
}

bool hasNamedLocation(const ngx_http_core_srv_conf_t& server, const ngx_str_t& name) {
    for (auto** location = server.named_locations; location && *location; location++) {
        if (view((*location)->name) == view(name)) {
            return true;
        }
    }
    return false;
}

// The names point into gates and caches, which live longer than the result.
ZoneSettings zoneSettings(const MainConfig& main) {
    ZoneSettings settings;
    for (const Gate* gate : *main.gates) {
        for (const auto& [name, variant] : gate->variants) {
            settings.counters.push_back({Labelled::variant, name});
        }
        for (int key = 0; key < static_cast<int>(gate->keys.size()); key++) {
            settings.counters.push_back({Labelled::key, gate->keys.nameOf(key)});
        }
    }
    auto* const* caches = static_cast<ngx_http_file_cache_t**>(main.caches.elts);
    settings.caches.assign(caches, caches + main.caches.nelts);
    for (const ngx_http_file_cache_t* cache : settings.caches) {
        settings.counters.push_back({Labelled::cacheEvictions, view(cache->shm_zone->shm.name)});
    }
    return settings;
}

std::string missingCacheText(const std::string& name) {
    return "there is no cache \"" + name +
           "\", write private_image_cache_path PATH keys_zone=" + name + ":10m in the http block";
}

}  // namespace

void* createMainConfig(ngx_conf_t* cf) {
    try {
        auto* config = static_cast<MainConfig*>(ngx_pcalloc(cf->pool, sizeof(MainConfig)));
        if (config == nullptr) {
            return nullptr;
        }
        config->gates = makeInPool<std::vector<Gate*>>(cf->pool);
        config->marks = makeInPool<std::vector<MarkSetting>>(cf->pool);
        config->watermarks = makeInPool<std::vector<WatermarkSetting*>>(cf->pool);
        config->formatsToWrite = makeInPool<std::vector<FormatSetting>>(cf->pool);
        config->typesToRead = makeInPool<std::vector<TypeSetting>>(cf->pool);
        config->defaultQueue = makeInPool<RenderQueue>(cf->pool);
        config->caching = makeInPool<std::vector<LocationConfig*>>(cf->pool);
        config->signingRings = makeInPool<SigningRings>(cf->pool);
        return ngx_array_init(&config->caches, cf->pool, 4, sizeof(ngx_http_file_cache_t*)) ==
                       NGX_OK
                   ? config
                   : nullptr;
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}

ngx_int_t checkNamedOrigins(ngx_conf_t* cf) {
    for (const Gate* gate : *mainOf(cf).gates) {
        if (gate->namedOrigin.len != 0 && !hasNamedLocation(*gate->server, gate->namedOrigin)) {
            refuseAt(cf, *gate->originPosition,
                     "there is no named location \"" + std::string(view(gate->namedOrigin)) +
                         "\", write location " + std::string(view(gate->namedOrigin)) +
                         " { ... } in this server");
            return NGX_ERROR;
        }
    }
    return NGX_OK;
}

ngx_int_t completeCaches(ngx_conf_t* cf) {
    MainConfig& main = mainOf(cf);
    for (const LocationConfig* location : *main.caching) {
        if (!isDefinedCache(main, location->cache)) {
            refuseAt(cf, *location->cachePosition,
                     missingCacheText(std::string(view(location->cache->shm.name))));
            return NGX_ERROR;
        }
        if (main.isZoneOff) {
            refuseAt(cf, *location->cachePosition,
                     "\"private_image_cache\" needs the zone, in which marks are stored, write "
                     "private_image_zone NAME:SIZE instead of off");
            return NGX_ERROR;
        }
    }
    if (main.isZoneOff || !main.needsZone) {
        return NGX_OK;
    }
    auto* settings = makeInPool<ZoneSettings>(cf->pool, zoneSettings(main));
    static ngx_str_t defaultName = ngx_string("private_image");
    main.zone = addSharedZone(cf, main.isZoneSet ? main.zoneName : defaultName,
                              main.isZoneSet ? main.zoneSize : std::size_t{10} << 20, *settings);
    return main.zone == nullptr ? NGX_ERROR : NGX_OK;
}

}  // namespace private_image
