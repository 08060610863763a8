// Compiles merged settings into a Gate, and refuses a location that lacks what a gate needs.
#include "nginx/config/compile_gate.hpp"

#include <algorithm>
#include <cstring>

#include "access/digest.hpp"
#include "dialect/dialect.hpp"
#include "nginx/config/compile_variants.hpp"
#include "nginx/host/pool.hpp"
#include "nginx/rendering/render_queue.hpp"
#include "transform/names.hpp"

namespace private_image {
namespace {

// Compiles one part of a gate; returns NGX_CONF_OK, or NGX_CONF_ERROR after an [emerg].
using CompilePart = char* (*)(ngx_conf_t* cf, const LocationConfig& location, Gate& gate);

// ------------------------------------------------------------------ prefix and origin

// True if neither root nor alias was written on any level: NGINX then serves files below "html".
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
        return refuseAt(cf, *location.gatePosition,
                        "\"private_image\" cannot derive the prefix from location \"" +
                            std::string(view(written.name)) +
                            "\", write private_image_prefix, such as private_image_prefix /img/");
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
    return refuseAt(cf, *location.gatePosition,
                    "\"private_image\" in location \"" + std::string(view(core.name)) +
                        "\" has no origin, write proxy_pass, root, alias or "
                        "private_image_origin there");
}

// ------------------------------------------------------------------ access

char* compileKeys(ngx_conf_t* cf, const LocationConfig& location, Gate& gate) {
    gate.keys = KeyRing(digestOf(gate.dialect));
    if (isSet(location.keys)) {
        for (const KeySetting& setting : *location.keys) {
            if (!gate.keys.add(setting.key)) {
                return refuseAt(cf, *location.gatePosition,
                                "OpenSSL refuses the signing key \"" + setting.key.name + '"');
            }
        }
    }
    if (gate.policy.signatureAlways && gate.keys.empty()) {
        return refuseAt(cf, *location.signaturePosition,
                        "\"private_image_signature always\" refuses every request without a "
                        "key, write private_image_key FILE");
    }
    return NGX_CONF_OK;
}

void compilePolicy(const LocationConfig& location, Gate& gate) {
    gate.policy.signatureAlways = location.signature == 1;
    gate.policy.adhoc = static_cast<Adhoc>(location.adhoc);
    gate.unmarked = static_cast<Mark>(location.unmarked);
    gate.maxExpiry = location.maxExpiry;
    gate.deniedStatus = static_cast<int>(location.deniedStatus);
    gate.flags =
        isSet(location.flags)
            ? *location.flags
            : std::vector<std::string>{"is-private-file", "x-amz-meta-isprivatefile",
                                       "x-goog-meta-isprivatefile", "x-ms-meta-isprivatefile"};
    gate.readsFileMarks = location.fileMark == 1;
    // Includes the origin, because the location that answers may have its own private_image_mark.
    std::string reader(gate.origin == nullptr ? view(gate.namedOrigin) : view(gate.origin->value));
    for (const std::string& flag : gate.flags) {
        reader += '\n' + flag;
    }
    reader += gate.readsFileMarks ? "\nfiles" : "";
    const auto digest = sha256(reader);
    std::memcpy(&gate.readerDigest, digest.data(), sizeof(gate.readerDigest));
}

bool hasErrorPageFor(const ngx_http_core_loc_conf_t& core, ngx_int_t status) {
    if (core.error_pages == nullptr) {
        return false;
    }
    const auto* pages = static_cast<const ngx_http_err_page_t*>(core.error_pages->elts);
    return std::any_of(pages, pages + core.error_pages->nelts,
                       [status](const auto& page) { return page.status == status; });
}

// Moves client_max_body_size and internal to the gate. NGINX applies them before any module knows
// the location, so that the error_page of such a refusal would not be judged.
void moveEarlyRules(ngx_conf_t* cf, Gate& gate) {
    auto& core = *static_cast<ngx_http_core_loc_conf_t*>(
        ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module));
    gate.maxBodySize = core.client_max_body_size;
    gate.isInternal = core.internal;
    core.client_max_body_size = 0;
    core.internal = 0;
    if (hasErrorPageFor(core, NGX_HTTP_MOVED_PERMANENTLY)) {
        core.auto_redirect = 0;  // no 301 from the location's name without its slash
    }
}

// ------------------------------------------------------------------ rendering

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

// ------------------------------------------------------------------ caching

// $host, compiled once for all locations without private_image_identity.
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

// Settings of every format that an original may become; what the URL sets is in the transformation.
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
    // Short, since it is part of every cache key; 64 bits distinguish the settings of all gates.
    gate.settingsDigest = sha256Hex(settingsText(gate)).substr(0, 16);
    gate.limitsText = limitsText(gate);
    gate.identity = isSet(location.identity) ? location.identity : defaultIdentity(cf);
    return gate.identity == nullptr ? static_cast<char*>(NGX_CONF_ERROR) : NGX_CONF_OK;
}

}  // namespace

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
    gate->isMarkPersonal = location.isMarkPersonal;
    moveEarlyRules(cf, *gate);
    compilePolicy(location, *gate);
    compileRendering(location, main, *gate);
    gate->pool = isSet(location.pool) ? location.pool : ngx_thread_pool_add(cf, nullptr);
    if (gate->pool == nullptr) {
        return static_cast<char*>(NGX_CONF_ERROR);
    }
    for (const CompilePart compile :
         {compilePrefix, compileKeys, compileVariants, compileCaching}) {
        if (char* result = compile(cf, location, *gate); result != NGX_CONF_OK) {
            return result;
        }
    }
    gate->hasOptionsFirst = putsOptionsFirst(gate->dialect, gate->prefix);
    location.gate = gate;
    main.gates->push_back(gate);
    return checkOrigin(cf, location);
}

char* compilePurge(ngx_conf_t* cf, LocationConfig& location) {
    const auto* core = static_cast<ngx_http_core_loc_conf_t*>(
        ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module));
    if (location.gateLocation == core) {
        return refuseAt(
            cf, *location.purgePosition,
            "\"private_image_purge\" cannot share a location with private_image, write a "
            "location of its own for it");
    }
    auto* gate = makeInPool<Gate>(cf->pool);
    gate->origin = location.origin;
    gate->namedOrigin = location.namedOrigin;
    gate->prefix = location.prefix.data == nullptr ? "/" : std::string(view(location.prefix));
    location.purge = gate;
    return compileCaching(cf, location, *gate);
}

}  // namespace private_image
