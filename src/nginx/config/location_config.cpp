// Creates and merges the settings of a location as NGINX's own modules do.
#include "nginx/config/location_config.hpp"

#include "nginx/config/compile_gate.hpp"
#include "nginx/config/sign_settings.hpp"
#include "nginx/host/pool.hpp"

namespace private_image {
namespace {

// ------------------------------------------------------------------ merging

template <typename T>
void inherit(T*& child, T* parent) {
    if (child == NGX_CONF_UNSET_PTR) {
        child = parent;
    }
}

// A lower level adds to the inherited settings, or replaces one by its name.
template <typename Setting, typename NameOf>
void inheritByName(ngx_pool_t* pool, std::vector<Setting>*& child, std::vector<Setting>* parent,
                   NameOf nameOf) {
    if (child == NGX_CONF_UNSET_PTR) {
        child = parent;
        return;
    }
    if (parent == NGX_CONF_UNSET_PTR) {
        return;
    }
    auto* merged = makeInPool<std::vector<Setting>>(pool);
    for (const Setting& inherited : *parent) {
        bool isReplaced = false;
        for (const Setting& own : *child) {
            isReplaced = isReplaced || nameOf(own) == nameOf(inherited);
        }
        if (!isReplaced) {
            merged->push_back(inherited);
        }
    }
    merged->insert(merged->end(), child->begin(), child->end());
    child = merged;
}

void mergeGate(LocationConfig& child, const LocationConfig& parent) {
    child.isUnmarkedWritten = child.unmarked != NGX_CONF_UNSET_UINT;
    if (child.dialect == NGX_CONF_UNSET_UINT) {
        child.isUnmarkedWritten = child.isUnmarkedWritten || parent.isUnmarkedWritten;
        child.dialect = parent.dialect;
        child.gatePosition = parent.gatePosition;
        child.gateLocation = parent.gateLocation;
    }
    if (child.prefix.data == nullptr) {
        child.prefix = parent.prefix;
        child.prefixPosition = parent.prefixPosition;
    }
    if (child.originSet == NGX_CONF_UNSET) {
        child.originSet = parent.originSet;
        child.origin = parent.origin;
        child.namedOrigin = parent.namedOrigin;
        child.originPosition = parent.originPosition;
    }
    if (child.signature == NGX_CONF_UNSET_UINT) {
        child.signature = parent.signature;
        child.signaturePosition = parent.signaturePosition;
    }
}

void mergeCaching(LocationConfig& child, const LocationConfig& parent) {
    if (child.cache == NGX_CONF_UNSET_PTR) {
        child.cache = parent.cache == NGX_CONF_UNSET_PTR ? nullptr : parent.cache;
        child.cachePosition = parent.cachePosition;
    }
    ngx_conf_merge_ptr_value(child.cacheBypass, parent.cacheBypass, nullptr);
    ngx_conf_merge_sec_value(child.cacheValid, parent.cacheValid, 3600);
    ngx_conf_merge_sec_value(child.cacheUseStale, parent.cacheUseStale, 0);
    ngx_conf_merge_uint_value(child.cacheMinUses, parent.cacheMinUses, 1);
    ngx_conf_merge_msec_value(child.markValid, parent.markValid, 600'000);
    ngx_conf_merge_msec_value(child.missingValid, parent.missingValid, 10'000);
    ngx_conf_merge_value(child.sharedCache, parent.sharedCache, 0);
}

void mergeSettings(ngx_conf_t* cf, LocationConfig& child, LocationConfig& parent) {
    mergeGate(child, parent);
    inherit(child.identity, parent.identity);
    child.isMarkPersonal = isSet(child.mark) ? child.isMarkPersonal : parent.isMarkPersonal;
    inherit(child.mark, parent.mark);
    inherit(child.keys, parent.keys);
    inherit(child.flags, parent.flags);
    inherit(child.queue, parent.queue);
    inherit(child.pool, parent.pool);
    inherit(child.sourceTypes, parent.sourceTypes);
    inherit(child.format, parent.format);
    inherit(child.autoFormats, parent.autoFormats);
    inherit(child.quality, parent.quality);
    inherit(child.effort, parent.effort);
    inheritByName(cf->pool, child.watermarks, parent.watermarks,
                  [](const WatermarkSetting* setting) { return setting->watermark.name; });
    inheritByName(cf->pool, child.variants, parent.variants,
                  [](const VariantSetting& setting) { return setting.name; });
    ngx_conf_merge_uint_value(child.adhoc, parent.adhoc, ngx_uint_t(Adhoc::on));
    ngx_conf_merge_uint_value(child.unmarked, parent.unmarked, ngx_uint_t(Mark::publicImage));
    ngx_conf_merge_value(child.fileMark, parent.fileMark, 1);
    ngx_conf_merge_value(child.maxExpiry, parent.maxExpiry, 0);
    ngx_conf_merge_uint_value(child.deniedStatus, parent.deniedStatus, 0);
    ngx_conf_merge_msec_value(child.timeout, parent.timeout, 30'000);
    ngx_conf_merge_msec_value(child.renderTimeout, parent.renderTimeout, 10'000);
    ngx_conf_merge_size_value(child.maxSourceSize, parent.maxSourceSize, 40 << 20);
    ngx_conf_merge_size_value(child.maxSourcePixels, parent.maxSourcePixels, 100'000'000);
    ngx_conf_merge_size_value(child.maxProgressivePixels, parent.maxProgressivePixels, 50'000'000);
    ngx_conf_merge_size_value(child.maxOutputPixels, parent.maxOutputPixels, 50'000'000);
    ngx_conf_merge_size_value(child.maxFrames, parent.maxFrames, 250);
    mergeCaching(child, parent);
}

// An "if" block has a configuration of its own, but is a purge location if its location is one.
void inheritPurge(ngx_conf_t* cf, LocationConfig& child, const LocationConfig& parent) {
    const auto* core = static_cast<ngx_http_core_loc_conf_t*>(
        ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module));
    if (core->noname) {
        child.purge = parent.purge;
        child.purgesFromAny = parent.purgesFromAny;
    }
}

// ------------------------------------------------------------------ compiling

// Compiles the keys that a location signs with. Signed variables may be used in any location, not
// only in gates.
char* compileSigning(ngx_conf_t* cf, LocationConfig& location, const LocationConfig& parent) {
    const auto& core = *static_cast<ngx_http_core_loc_conf_t*>(
        ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module));
    if (location.sign != nullptr) {
        const std::string error = errorInSigning(location, core);
        if (!error.empty()) {
            return refuseAt(cf, location.sign->position, error);
        }
    } else if (core.noname) {
        location.sign = parent.sign;  // as in inheritPurge()
    }
    location.signer = makeSigner(cf->pool, location, mainOf(cf));
    return NGX_CONF_OK;
}

}  // namespace

char* refuseAt(ngx_conf_t* cf, const Position& position, const std::string& text) {
    ngx_log_error(NGX_LOG_EMERG, cf->log, 0, "%s in %V:%ui", text.c_str(), &position.file,
                  position.line);
    return static_cast<char*>(NGX_CONF_ERROR);
}

void* createLocationConfig(ngx_conf_t* cf) {
    auto* config = static_cast<LocationConfig*>(ngx_pcalloc(cf->pool, sizeof(LocationConfig)));
    if (config == nullptr) {
        return nullptr;
    }
    config->position = {cf->conf_file->file.name, cf->conf_file->line};
    const auto unset = [](auto&... pointers) {
        ((pointers = static_cast<std::remove_reference_t<decltype(pointers)>>(NGX_CONF_UNSET_PTR)),
         ...);
    };
    unset(config->identity, config->mark, config->keys, config->watermarks, config->variants,
          config->flags, config->queue, config->pool, config->sourceTypes, config->format,
          config->autoFormats, config->quality, config->effort, config->cache, config->cacheBypass);
    config->dialect = NGX_CONF_UNSET_UINT;
    config->originSet = NGX_CONF_UNSET;
    config->signature = NGX_CONF_UNSET_UINT;
    config->adhoc = NGX_CONF_UNSET_UINT;
    config->unmarked = NGX_CONF_UNSET_UINT;
    config->fileMark = NGX_CONF_UNSET;
    config->maxExpiry = NGX_CONF_UNSET;
    config->deniedStatus = NGX_CONF_UNSET_UINT;
    config->timeout = NGX_CONF_UNSET_MSEC;
    config->renderTimeout = NGX_CONF_UNSET_MSEC;
    config->maxSourceSize = NGX_CONF_UNSET_SIZE;
    config->maxSourcePixels = NGX_CONF_UNSET_SIZE;
    config->maxProgressivePixels = NGX_CONF_UNSET_SIZE;
    config->maxOutputPixels = NGX_CONF_UNSET_SIZE;
    config->maxFrames = NGX_CONF_UNSET_SIZE;
    config->cacheValid = NGX_CONF_UNSET;
    config->cacheUseStale = NGX_CONF_UNSET;
    config->cacheMinUses = NGX_CONF_UNSET_UINT;
    config->markValid = NGX_CONF_UNSET_MSEC;
    config->missingValid = NGX_CONF_UNSET_MSEC;
    config->sharedCache = NGX_CONF_UNSET;
    return config;
}

char* mergeLocationConfig(ngx_conf_t* cf, void* parent, void* child) {
    auto& location = *static_cast<LocationConfig*>(child);
    try {
        mergeSettings(cf, location, *static_cast<LocationConfig*>(parent));
        MainConfig& main = mainOf(cf);
        const bool isGate = location.dialect != NGX_CONF_UNSET_UINT && location.dialect != 0 &&
                            location.sign == nullptr;
        main.needsZone = main.needsZone || isGate || location.isPurge;
        if ((isGate || location.isPurge) && location.cache != nullptr) {
            main.caching->push_back(&location);
        }
        const auto& outer = *static_cast<const LocationConfig*>(parent);
        char* result = NGX_CONF_OK;
        if (location.isPurge) {
            result = compilePurge(cf, location);
        } else {
            inheritPurge(cf, location, outer);
            result = isGate ? compileGate(cf, location) : NGX_CONF_OK;
        }
        return result == NGX_CONF_OK ? compileSigning(cf, location, outer) : result;
    } catch (const std::exception& exception) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0, "private_image: not enough memory: %s",
                      exception.what());
        return static_cast<char*>(NGX_CONF_ERROR);
    }
}

}  // namespace private_image
