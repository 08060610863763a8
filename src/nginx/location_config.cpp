// Unset, merge, final checks: settings become Gates. Reading a directive's text is directives'.

#include "nginx/location_config.hpp"

#include <cstring>

#include "access/digest.hpp"
#include "dialect/cloudflare.hpp"
#include "dialect/imagekit.hpp"
#include "nginx/pool.hpp"
#include "nginx/render_queue.hpp"
#include "nginx/shared_zone.hpp"
#include "nginx/sign_settings.hpp"
#include "transform/canonical.hpp"

namespace private_image {
namespace {

// ------------------------------------------------------------------ merging

template <typename T>
void inherit(T*& child, T* parent) {
    if (child == NGX_CONF_UNSET_PTR) {
        child = parent;
    }
}

// A lower level adds to what it inherits, or replaces it by name.
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
    if (child.dialect == NGX_CONF_UNSET_UINT) {
        child.dialect = parent.dialect;
        child.gatePosition = parent.gatePosition;
        child.gateLocation = parent.gateLocation;
    }
    if (child.prefix.data == nullptr) {
        child.prefix = parent.prefix;
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

template <typename T>
bool isSet(T* pointer) {
    return pointer != NGX_CONF_UNSET_PTR && pointer != nullptr;
}

// ------------------------------------------------------------------ compiling

MainConfig& mainOf(ngx_conf_t* cf) {
    return *static_cast<MainConfig*>(
        ngx_http_conf_get_module_main_conf(cf, ngx_http_private_image_module));
}

// Files are looked up below "html" where neither root nor alias was written on any level.
bool hasDefaultRoot(ngx_conf_t* cf, const ngx_http_core_loc_conf_t& core) {
    ngx_str_t root = ngx_string("html");
    if (core.alias || core.root_lengths != nullptr ||
        ngx_conf_full_name(cf->cycle, &root, 0) != NGX_OK) {
        return false;
    }
    return view(core.root) == view(root);
}

char* compilePrefix(ngx_conf_t* cf, const LocationConfig& location, Gate& gate) {
    if (location.prefix.data != nullptr) {
        gate.prefix = view(location.prefix);
        return NGX_CONF_OK;
    }
    const ngx_http_core_loc_conf_t& written = *location.gateLocation;
#if (NGX_PCRE)
    const bool isRegex = written.regex != nullptr;
#else
    const bool isRegex = false;
#endif
    if (isRegex || written.named || written.name.len == 0 || written.name.data[0] != '/') {
        return mistake(cf, *location.gatePosition,
                       "\"private_image\" in location \"" + std::string(view(written.name)) +
                           "\" does not know what stands before the image's path, write "
                           "private_image_prefix, such as private_image_prefix /img/");
    }
    gate.prefix = view(written.name);
    if (gate.prefix.back() != '/') {
        gate.prefix += '/';
    }
    return NGX_CONF_OK;
}

char* checkOrigin(ngx_conf_t* cf, const LocationConfig& location) {
    const auto& core = *static_cast<ngx_http_core_loc_conf_t*>(
        ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module));
    const bool isWrittenHere = location.gateLocation == &core;
    if (location.originSet == 1 || !isWrittenHere || core.handler != nullptr ||
        !hasDefaultRoot(cf, core)) {
        return NGX_CONF_OK;
    }
    return mistake(cf, *location.gatePosition,
                   "\"private_image\" in location \"" + std::string(view(core.name)) +
                       "\" has no origin, write proxy_pass, root, alias or "
                       "private_image_origin there");
}

char* compileKeys(ngx_conf_t* cf, const LocationConfig& location, Gate& gate) {
    gate.keys = KeyRing(gate.dialect == Dialect::cloudflare ? KeyRing::Digest::sha256
                                                            : KeyRing::Digest::sha1);
    if (isSet(location.keys)) {
        for (const KeySetting& setting : *location.keys) {
            if (!gate.keys.add(setting.key)) {
                return mistake(cf, *location.gatePosition,
                               "OpenSSL refuses the signing key \"" + setting.key.name + '"');
            }
        }
    }
    if (gate.policy.signatureAlways && gate.keys.empty()) {
        return mistake(cf, *location.signaturePosition,
                       "\"private_image_signature always\" refuses every request without a "
                       "key, write private_image_key FILE");
    }
    return NGX_CONF_OK;
}

Result<Transform, ParseError> compileOptions(const std::string& options,
                                             const Watermarks& watermarks,
                                             const Variants& variants) {
    return options.starts_with("tr:") ? imagekit::parseChain(options.substr(3), variants)
                                      : cloudflare::parseOptions(options, watermarks);
}

// Those that a variant names, also in its branches, have to be written.
void noteFormats(ngx_conf_t* cf, const Transform& transform, const Position& position) {
    const auto note = [&](FormatChoice choice, Format format) {
        if (choice == FormatChoice::named && format != Format::json) {
            mainOf(cf).formatsToWrite->push_back({FormatPolicy::fixed, format, position});
        }
    };
    note(transform.formatChoice, transform.format);
    forEachStep(transform.steps,
                [&](const Step& step) { note(step.result.formatChoice, step.result.format); });
}

char* compileVariant(ngx_conf_t* cf, const VariantSetting& setting, const Watermarks& watermarks,
                     Gate& gate) {
    Variant variant{setting.name, setting.isPublic, setting.options == "original", {}};
    if (!variant.isOriginal) {
        auto transform = compileOptions(setting.options, watermarks, gate.variants);
        if (!transform) {
            return mistake(cf, setting.position,
                           optionsProblem(setting.name, setting.options, transform.error()));
        }
        variant.transform = std::move(*transform);
        if (variant.isPublic) {
            dropMetadata(variant.transform);
        }
        noteFormats(cf, variant.transform, setting.position);
    }
    gate.variants.insert_or_assign(setting.name, std::move(variant));
    return NGX_CONF_OK;
}

char* compileVariants(ngx_conf_t* cf, const LocationConfig& location, Gate& gate) {
    Watermarks watermarks;
    if (isSet(location.watermarks)) {
        for (const WatermarkSetting* setting : *location.watermarks) {
            watermarks.emplace(setting->watermark.name, &setting->watermark);
        }
    }
    if (!isSet(location.variants)) {
        return NGX_CONF_OK;
    }
    for (const VariantSetting& setting : *location.variants) {
        if (setting.removed) {
            continue;
        }
        if (char* problem = compileVariant(cf, setting, watermarks, gate); problem != NGX_CONF_OK) {
            return problem;
        }
    }
    return NGX_CONF_OK;
}

// $host, compiled once for all locations that say nothing else.
ngx_http_complex_value_t* defaultIdentity(ngx_conf_t* cf) {
    ngx_http_complex_value_t*& identity = mainOf(cf).defaultIdentity;
    if (identity == nullptr) {
        identity = static_cast<ngx_http_complex_value_t*>(
            ngx_pcalloc(cf->pool, sizeof(ngx_http_complex_value_t)));
        static ngx_str_t host = ngx_string("$host");
        ngx_http_compile_complex_value_t request{};
        request.cf = cf;
        request.value = &host;
        request.complex_value = identity;
        if (identity == nullptr || ngx_http_compile_complex_value(&request) != NGX_OK) {
            identity = nullptr;
        }
    }
    return identity;
}

void compileRendering(const LocationConfig& location, const MainConfig& main, Gate& gate) {
    RenderSettings& render = gate.render;
    render.limits = {location.maxSourcePixels, location.maxProgressivePixels,
                     location.maxOutputPixels, static_cast<std::uint32_t>(location.maxFrames)};
    render.sourceTypes =
        isSet(location.sourceTypes)
            ? *location.sourceTypes
            : std::vector<SourceType>{SourceType::jpeg, SourceType::png,  SourceType::webp,
                                      SourceType::gif,  SourceType::avif, SourceType::heic,
                                      SourceType::tiff};
    for (std::size_t i = 0; i < render.encoders.size(); i++) {
        if (isSet(location.quality) && (*location.quality)[i]) {
            render.encoders[i].quality = *(*location.quality)[i];
        }
        if (isSet(location.effort) && (*location.effort)[i]) {
            render.encoders[i].effort = *(*location.effort)[i];
        }
    }
    if (isSet(location.format)) {
        gate.negotiates = location.format->policy == FormatPolicy::automatic;
        if (location.format->policy == FormatPolicy::fixed) {
            render.format = location.format->format;
        }
    }
    gate.autoFormats = isSet(location.autoFormats)
                           ? *location.autoFormats
                           : std::vector<Format>{Format::avif, Format::webp};
    gate.maxSourceSize = static_cast<off_t>(location.maxSourceSize);
    gate.timeout = location.timeout;
    gate.renderTimeout = location.renderTimeout;
    gate.queue = isSet(location.queue) ? location.queue : main.defaultQueue;
}

// Of every format that an original may become; what is named in the URL is in the transformation.
std::string settingsText(const Gate& gate) {
    std::string text;
    for (std::size_t i = 0; i < gate.render.encoders.size(); i++) {
        const EncoderSettings& encoder = gate.render.encoders[i];
        text += std::string(formatName(static_cast<Format>(i))) + '=' +
                std::to_string(encoder.quality) + '/' + std::to_string(encoder.effort) + ',';
    }
    if (gate.render.format) {
        text += "format=" + std::string(formatName(*gate.render.format)) + ',';
    }
    return text + "frames=" + std::to_string(gate.render.limits.frames);
}

std::string limitsText(const Gate& gate) {
    const Limits& limits = gate.render.limits;
    std::string text = std::to_string(gate.maxSourceSize);
    for (const std::uint64_t limit :
         {limits.sourcePixels, limits.progressivePixels, limits.outputPixels,
          static_cast<std::uint64_t>(gate.renderTimeout)}) {
        text += ',' + std::to_string(limit);
    }
    for (const SourceType type : gate.render.sourceTypes) {
        text += ',' + std::string(sourceTypeName(type));
    }
    return text;
}

char* compileCaching(ngx_conf_t* cf, const LocationConfig& location, Gate& gate) {
    gate.cache = location.cache;
    gate.lifetime = {location.cacheValid, location.cacheUseStale};
    gate.cacheBypass = location.cacheBypass;
    gate.cacheMinUses = location.cacheMinUses;
    gate.markValid = static_cast<Milliseconds>(location.markValid);
    gate.missingValid = static_cast<Milliseconds>(location.missingValid);
    gate.sharedCacheAllowed = location.sharedCache == 1;
    // Part of every key, so as short as keeps the settings of one configuration apart.
    gate.settingsDigest = sha256Hex(settingsText(gate)).substr(0, 16);
    gate.limitsText = limitsText(gate);
    gate.identity = isSet(location.identity) ? location.identity : defaultIdentity(cf);
    return gate.identity == nullptr ? static_cast<char*>(NGX_CONF_ERROR) : NGX_CONF_OK;
}

void compilePolicy(const LocationConfig& location, Gate& gate) {
    gate.policy.signatureAlways = location.signature == 1;
    gate.policy.adhoc = static_cast<Adhoc>(location.adhoc);
    gate.unmarked = static_cast<Mark>(location.unmarked);
    gate.longestExpiry = location.maxExpiry;
    gate.deniedStatus = static_cast<int>(location.deniedStatus);
    gate.flags =
        isSet(location.flags)
            ? *location.flags
            : std::vector<std::string>{"is-private-file", "x-amz-meta-isprivatefile",
                                       "x-goog-meta-isprivatefile", "x-ms-meta-isprivatefile"};
    // The location that answers has a private_image_mark of its own.
    std::string reader(gate.origin == nullptr ? view(gate.namedOrigin) : view(gate.origin->value));
    for (const std::string& flag : gate.flags) {
        reader += '\n' + flag;
    }
    const auto digest = sha256(reader);
    std::memcpy(&gate.readerDigest, digest.data(), sizeof(gate.readerDigest));
}

char* compileGate(ngx_conf_t* cf, LocationConfig& location) {
    MainConfig& main = mainOf(cf);
    auto* gate = makeInPool<Gate>(cf->pool);
    gate->dialect = static_cast<Dialect>(location.dialect - 1);
    gate->origin = location.origin;
    gate->namedOrigin = location.namedOrigin;
    gate->originPosition = location.originPosition;
    gate->server = static_cast<ngx_http_core_srv_conf_t*>(
        ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module));
    gate->mark = isSet(location.mark) ? location.mark : nullptr;
    compilePolicy(location, *gate);
    compileRendering(location, main, *gate);
    gate->pool = isSet(location.pool) ? location.pool : ngx_thread_pool_add(cf, nullptr);
    if (gate->pool == nullptr) {
        return static_cast<char*>(NGX_CONF_ERROR);
    }
    for (char* (*step)(ngx_conf_t*, const LocationConfig&, Gate&) :
         {compilePrefix, compileKeys, compileVariants, compileCaching}) {
        if (char* problem = step(cf, location, *gate); problem != NGX_CONF_OK) {
            return problem;
        }
    }
    gate->hasOptionsFirst =
        gate->dialect == Dialect::cloudflare && cloudflare::putsOptionsFirst(gate->prefix);
    location.gate = gate;
    main.gates->push_back(gate);
    return checkOrigin(cf, location);
}

// What a purge drops is named as a gate names it; where no prefix is written, by the whole path.
char* compilePurge(ngx_conf_t* cf, LocationConfig& location) {
    const auto* core = static_cast<ngx_http_core_loc_conf_t*>(
        ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module));
    if (location.gateLocation == core) {
        return mistake(cf, *location.purgePosition,
                       "\"private_image_purge\" cannot stand in the location of a gate, write a "
                       "location of its own for it");
    }
    auto* gate = makeInPool<Gate>(cf->pool);
    gate->origin = location.origin;
    gate->namedOrigin = location.namedOrigin;
    gate->prefix = location.prefix.data == nullptr ? "/" : std::string(view(location.prefix));
    location.purge = gate;
    return compileCaching(cf, location, *gate);
}

// An "if" block has a configuration of its own, but what its location is for counts there, too.
void inheritPurge(ngx_conf_t* cf, LocationConfig& child, const LocationConfig& parent) {
    const auto* core = static_cast<ngx_http_core_loc_conf_t*>(
        ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module));
    if (core->noname) {
        child.purge = parent.purge;
        child.purgesFromAny = parent.purgesFromAny;
    }
}

// What a location signs with: also one that is no gate, where a signed variable may be used.
char* compileSigning(ngx_conf_t* cf, LocationConfig& location, const LocationConfig& parent) {
    const auto& core = *static_cast<ngx_http_core_loc_conf_t*>(
        ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module));
    if (location.sign != nullptr) {
        const std::string problem = signProblem(location, core);
        if (!problem.empty()) {
            return mistake(cf, location.sign->position, problem);
        }
    } else if (core.noname) {
        location.sign = parent.sign;  // as inheritPurge
    }
    location.signer = makeSigner(cf->pool, location, mainOf(cf));
    return NGX_CONF_OK;
}

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

}  // namespace

ngx_int_t checkNamedOrigins(ngx_conf_t* cf) {
    for (const Gate* gate : *mainOf(cf).gates) {
        if (gate->namedOrigin.len != 0 && !hasNamedLocation(*gate->server, gate->namedOrigin)) {
            mistake(cf, *gate->originPosition,
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
        const std::string name(view(location->cache->shm.name));
        if (!isDefinedCache(main, location->cache)) {
            mistake(cf, *location->cachePosition,
                    "there is no cache \"" + name +
                        "\", write private_image_cache_path PATH keys_zone=" + name +
                        ":10m in the http block");
            return NGX_ERROR;
        }
        if (main.isZoneOff) {
            mistake(cf, *location->cachePosition,
                    "\"private_image_cache\" needs the shared memory in which marks are "
                    "remembered, write private_image_zone NAME:SIZE instead of off");
            return NGX_ERROR;
        }
    }
    if (main.isZoneOff || !main.needsZone) {
        return NGX_OK;
    }
    static ngx_str_t defaultName = ngx_string("private_image");
    main.zone = addSharedZone(cf, main.isZoneSet ? main.zoneName : defaultName,
                              main.isZoneSet ? main.zoneSize : std::size_t{10} << 20);
    return main.zone == nullptr ? NGX_ERROR : NGX_OK;
}

std::string optionsProblem(std::string_view variant, std::string_view options,
                           const ParseError& error) {
    std::string text = "invalid options \"" + std::string(options) + "\" of variant \"" +
                       std::string(variant) + "\": " + error.detail;
    if (error.reason == Reason::unknownVariant) {
        return text + ", write private_image_variant with that name before";
    }
    const bool isMended = error.detail.find("write ") != std::string::npos ||
                          error.detail.find("must be ") != std::string::npos;
    return isMended ? text
                    : text + (options.starts_with("tr:")
                                  ? ", write a chain of ImageKit's grammar, such as tr:w-400,h-300"
                                  : ", write options of Cloudflare's grammar, such as w=400,h=300");
}

char* mistake(ngx_conf_t* cf, const Position& position, const std::string& text) {
    ngx_log_error(NGX_LOG_EMERG, cf->log, 0, "%s in %V:%ui", text.c_str(), &position.file,
                  position.line);
    return static_cast<char*>(NGX_CONF_ERROR);
}

void* createMainConfig(ngx_conf_t* cf) {
    try {
        auto* config = static_cast<MainConfig*>(ngx_pcalloc(cf->pool, sizeof(MainConfig)));
        if (config == nullptr) {
            return nullptr;
        }
        config->gates = makeInPool<std::vector<Gate*>>(cf->pool);
        config->watermarks = makeInPool<std::vector<WatermarkSetting*>>(cf->pool);
        config->formatsToWrite = makeInPool<std::vector<FormatSetting>>(cf->pool);
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

void* createLocationConfig(ngx_conf_t* cf) {
    auto* config = static_cast<LocationConfig*>(ngx_pcalloc(cf->pool, sizeof(LocationConfig)));
    if (config == nullptr) {
        return nullptr;
    }
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
        char* problem = NGX_CONF_OK;
        if (location.isPurge) {
            problem = compilePurge(cf, location);
        } else {
            inheritPurge(cf, location, outer);
            problem = isGate ? compileGate(cf, location) : NGX_CONF_OK;
        }
        return problem == NGX_CONF_OK ? compileSigning(cf, location, outer) : problem;
    } catch (const std::exception& exception) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0, "private_image: not enough memory: %s",
                      exception.what());
        return static_cast<char*>(NGX_CONF_ERROR);
    }
}

}  // namespace private_image
