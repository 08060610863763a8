// The settings of a location: as written, merged as NGINX merges, and compiled into a Gate where
// `private_image` is in force.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "access/decision.hpp"
#include "access/key_ring.hpp"
#include "dialect/dialect.hpp"
#include "image_state/origin_state.hpp"
#include "nginx/host/ngx.hpp"
#include "render/renderer.hpp"
#include "transform/variants.hpp"

namespace private_image {

struct RenderQueue;
struct SignSetting;
struct Signer;
struct SigningRings;

// The position of a directive, for errors that are found after its line was read.
struct Position {
    ngx_str_t file{};
    ngx_uint_t line = 0;
};

struct MarkSetting {
    ngx_http_complex_value_t* value;
    const void* server;  // in which it was written; null: for all servers
    Position position;
};

struct KeySetting {
    Key key;
    bool primary = false;
};

struct WatermarkSetting {
    Watermark watermark;
    std::string file;
    Position position;
};

struct VariantSetting {
    std::string name;
    bool isPublic = false;
    bool removed = false;  // private_image_variant NAME off
    std::string options;
    Position position;
};

enum class StatusFormat : std::uint8_t { negotiated, prometheus, json, html };

enum class FormatPolicy : std::uint8_t { source, automatic, fixed };

struct FormatSetting {
    FormatPolicy policy = FormatPolicy::source;
    Format format = Format::jpeg;
    Position position;
};

// A type that private_image_source_types names.
struct TypeSetting {
    SourceType type = SourceType::jpeg;
    Position position;
};

// The compiled settings of a location with `private_image` in force, as requests use them.
struct Gate {
    Dialect dialect = Dialect::cloudflare;
    std::string prefix;            // begins and ends with "/"
    bool hasOptionsFirst = false;  // see putsOptionsFirst()
    AccessPolicy policy;
    Mark unmarked = Mark::publicImage;
    bool isFilledByDoor = false;     // private_image_upload stores into its folder or bucket
    std::vector<std::string> flags;  // lower-case header names
    bool readsFileMarks = true;      // private_image_file_mark
    // Of how marks are read, and of the origin. A stored mark with another digest is not used, but
    // read again.
    std::uint32_t readerDigest = 0;
    KeyRing keys{KeyRing::Digest::sha256};
    Variants variants;
    std::vector<Watermark*> watermarks;
    RenderSettings render;
    bool negotiates = false;          // private_image_format auto
    std::vector<Format> autoFormats;  // the choices of `auto`, best first
    std::int64_t maxExpiry = 0;       // seconds; 0: any
    off_t maxBodySize = 0;            // client_max_body_size, which the gate applies itself; 0: any
    bool isInternal = false;          // `internal`, likewise
    int deniedStatus = 0;             // 0: the dialect's
    ngx_msec_t timeout = 0;
    ngx_msec_t renderTimeout = 0;
    off_t maxSourceSize = 0;
    ngx_shm_zone_t* cache = nullptr;  // private_image_cache; its data is an ngx_http_file_cache_t
    LifetimePolicy lifetime;          // of derivatives
    ngx_array_t* cacheBypass = nullptr;
    ngx_uint_t cacheMinUses = 1;
    Milliseconds markValid = 0, missingValid = 0;
    bool sharedCacheAllowed = false;
    std::string settingsDigest;  // of settings that change a derivative's bytes
    std::string limitsText;      // of settings that decide whether a render is refused
    ngx_http_complex_value_t* identity = nullptr;
    ngx_thread_pool_t* pool = nullptr;
    RenderQueue* queue = nullptr;  // the worker's, shared by all locations that inherit it
    ngx_http_complex_value_t* origin = nullptr;  // private_image_origin URI
    ngx_str_t namedOrigin{};                     // private_image_origin @NAME
    const Position* originPosition = nullptr;
    ngx_http_core_srv_conf_t* server = nullptr;  // where @NAME is looked up
    ngx_http_complex_value_t* mark = nullptr;    // private_image_mark; null: not set
    bool isMarkPersonal = false;                 // "personal" is written; else its variables decide
};

// Settings as written. The memory is NGINX's and zeroed. C++ objects are held by pointers and
// belong to the configuration's pool: offsetof() for the directive table needs a standard-layout
// type.
struct LocationConfig {
    Position position;   // of the location itself
    ngx_uint_t dialect;  // 0 off, else 1 + Dialect
    Position* gatePosition;
    ngx_http_core_loc_conf_t* gateLocation;  // where `private_image` was written
    ngx_str_t prefix;
    Position* prefixPosition;
    ngx_flag_t originSet;
    ngx_http_complex_value_t* origin;
    ngx_str_t namedOrigin;
    Position* originPosition;
    ngx_http_complex_value_t* identity;
    ngx_http_complex_value_t* mark;
    bool isMarkPersonal;  // of `mark`, where it is set
    std::vector<KeySetting>* keys;
    std::vector<WatermarkSetting*>* watermarks;
    std::vector<VariantSetting>* variants;
    std::vector<std::string>* flags;
    ngx_uint_t signature;
    Position* signaturePosition;
    ngx_uint_t adhoc;
    ngx_uint_t unmarked;
    bool isUnmarkedWritten;  // in the gate's own location
    ngx_flag_t fileMark;
    time_t maxExpiry;
    ngx_uint_t deniedStatus;
    RenderQueue* queue;
    ngx_thread_pool_t* pool;
    ngx_msec_t timeout;
    ngx_msec_t renderTimeout;
    size_t maxSourceSize;
    size_t maxSourcePixels;
    size_t maxProgressivePixels;
    size_t maxOutputPixels;
    size_t maxFrames;
    std::vector<SourceType>* sourceTypes;
    FormatSetting* format;
    std::vector<Format>* autoFormats;
    std::vector<std::optional<std::uint8_t>>* quality;  // indexed by Format
    std::vector<std::optional<std::uint8_t>>* effort;
    ngx_shm_zone_t* cache;  // null: off
    Position* cachePosition;
    time_t cacheValid;
    time_t cacheUseStale;
    ngx_array_t* cacheBypass;
    ngx_uint_t cacheMinUses;
    ngx_msec_t markValid;
    ngx_msec_t missingValid;
    ngx_flag_t sharedCache;
    StatusFormat statusFormat;  // of a location with private_image_status
    bool isPurge;               // a location with private_image_purge
    bool purgesFromAny;
    Position* purgePosition;
    SignSetting* sign;  // of a location with private_image_sign

    Gate* gate;      // compiled; null where no gate is in force
    Gate* purge;     // the same for what a location with private_image_purge drops
    Signer* signer;  // compiled; null where nothing may be signed
};

// Settings of the whole http block.
struct MainConfig {
    ngx_array_t caches;  // of ngx_http_file_cache_t*, one for each private_image_cache_path
    ngx_str_t zoneName;  // private_image_zone
    size_t zoneSize;
    bool isZoneSet, isZoneOff;
    ngx_shm_zone_t* zone;  // null: off, or not needed
    std::vector<Gate*>* gates;
    std::vector<MarkSetting>* marks;             // every private_image_mark
    std::vector<WatermarkSetting*>* watermarks;  // every private_image_watermark
    std::vector<FormatSetting>* formatsToWrite;  // every named format
    std::vector<TypeSetting>* typesToRead;       // every named source type
    RenderQueue* defaultQueue;                   // for locations without private_image_renders
    std::vector<LocationConfig*>* caching;       // every location with a cache in force
    ngx_http_complex_value_t* defaultIdentity;   // $host
    SigningRings* signingRings;                  // the keys that locations sign with
    bool needsZone;                              // a gate, a purge or a status page uses it
};

// main_config.cpp
void* createMainConfig(ngx_conf_t* cf);

// Once all locations are known: refuses a private_image_origin @NAME that does not exist.
ngx_int_t checkNamedOrigins(ngx_conf_t* cf);

// Once all locations are known: adds the shared zone; refuses a private_image_cache that is not
// defined, or is used while private_image_zone is off.
ngx_int_t completeCaches(ngx_conf_t* cf);

// location_config.cpp
void* createLocationConfig(ngx_conf_t* cf);
char* mergeLocationConfig(ngx_conf_t* cf, void* parent, void* child);

inline MainConfig& mainOf(ngx_conf_t* cf) {
    return *static_cast<MainConfig*>(
        ngx_http_conf_get_module_main_conf(cf, ngx_http_private_image_module));
}

// Whether a merged setting was written on any level.
template <typename T>
bool isSet(const T* setting) {
    return setting != NGX_CONF_UNSET_PTR && setting != nullptr;
}

inline LocationConfig* locationConfig(ngx_http_request_t* r) {
    return static_cast<LocationConfig*>(r->loc_conf[ngx_http_private_image_module.ctx_index]);
}

// [emerg] with this position instead of the parser's; returns NGX_CONF_ERROR.
char* refuseAt(ngx_conf_t* cf, const Position& position, const std::string& text);

}  // namespace private_image
