// The directives of uploads. A module of its own, so that its settings and request contexts are
// separate from those of gates.
#include <exception>
#include <vector>

#include "nginx/config/directive_values.hpp"
#include "nginx/config/key_file.hpp"
#include "nginx/door/compile_door.hpp"
#include "nginx/door/door.hpp"
#include "nginx/door/upload_body.hpp"
#include "nginx/door/upload_variables.hpp"
#include "nginx/host/log.hpp"
#include "nginx/host/pool.hpp"

namespace private_image {
namespace {

struct DoorMain {
    std::vector<DoorLocation*> doors;  // every location with private_image_upload
};

DoorMain& doorMainOf(ngx_conf_t* cf) {
    return *static_cast<DoorMain*>(
        ngx_http_conf_get_module_main_conf(cf, ngx_http_private_image_door_module));
}

DoorLocation& doorSettings(void* conf) {
    return *static_cast<DoorLocation*>(conf);
}

// ------------------------------------------------------------------ directives

char* readUpload(ngx_conf_t* cf, ngx_command_t*, void* conf) {
    DoorLocation& location = doorSettings(conf);
    if (location.setting != nullptr) {
        return duplicate();
    }
    const Arguments arguments = argumentsOf(cf);
    const auto dialect = dialectFromName(view(arguments[0]));
    if (!dialect) {
        return refuseValue(cf, view(arguments[0]), dialectChoice);
    }
    std::string prefix = parsePrefix(view(arguments[1]));
    if (prefix.empty()) {
        return refuseValue(cf, view(arguments[1]), "the prefix of a gate, such as /img/");
    }
    location.setting = makeInPool<DoorSetting>(cf->pool);
    location.setting->dialect = *dialect;
    location.setting->prefix = std::move(prefix);
    location.setting->position = here(cf);
    for (const ngx_str_t& argument : arguments.subspan(2)) {
        bool& option = view(argument) == "verify" ? location.setting->verifies
                                                  : location.setting->allowsPrivateIds;
        const bool isKnown = view(argument) == "verify" ||
                             (view(argument) == "private_ids" && *dialect == Dialect::cloudflare);
        if (!isKnown || option) {
            return refuseValue(cf, view(argument),
                               *dialect == Dialect::cloudflare
                                   ? "verify, private_ids or nothing"
                                   : "verify or nothing; private_ids is for cloudflare");
        }
        option = true;
    }
    return NGX_CONF_OK;
}

char* readUploadKey(ngx_conf_t* cf, ngx_command_t*, void* conf) {
    DoorLocation& location = doorSettings(conf);
    const Arguments arguments = argumentsOf(cf);
    std::string publicKey, account;
    for (const ngx_str_t& argument : arguments.subspan(1)) {
        std::string_view word = view(argument);
        const bool isPublic = word.starts_with("public=");
        if (!isPublic && !word.starts_with("account=")) {
            return refuseValue(cf, word, "public=ID or account=ID");
        }
        word.remove_prefix(word.find('=') + 1);
        std::string& id = isPublic ? publicKey : account;
        if (word.empty() || !id.empty()) {
            return refuseValue(cf, view(argument), "one public=ID and one account=ID at most");
        }
        id = word;
    }
    ngx_str_t name = arguments[0];
    auto key = readKeyFile(cf, &name, "upload key");
    if (!key) {
        return static_cast<char*>(NGX_CONF_ERROR);
    }
    if (location.keys == NGX_CONF_UNSET_PTR) {
        location.keys = makeInPool<std::vector<upload::UploadKey>>(cf->pool);
    }
    location.keys->push_back({std::move(*key), std::move(publicKey), std::move(account)});
    return NGX_CONF_OK;
}

char* readClient(ngx_conf_t* cf, ngx_command_t*, void* conf) {
    DoorLocation& location = doorSettings(conf);
    if (location.client != NGX_CONF_UNSET_PTR) {
        return duplicate();
    }
    location.client = makeInPool<ClientSetting>(cf->pool);
    ClientSetting& client = *location.client;
    const Arguments arguments = argumentsOf(cf);
    client.isOn = view(arguments[0]) == "on";
    if (!client.isOn && (view(arguments[0]) != "off" || arguments.size() > 1)) {
        return refuseValue(cf, view(arguments[0]), "on with or without parameters, or off alone");
    }
    for (ngx_str_t& argument : arguments.subspan(1)) {
        constexpr std::string_view folder = "folder=";
        const std::string_view word = view(argument);
        if (word == "private") {
            client.rules.forcesPrivate = true;
        } else if (word == "no_overwrite") {
            client.rules.forbidsOverwrite = true;
        } else if (word.starts_with(folder) && word.size() > folder.size() &&
                   client.folder == nullptr) {
            // With a slash at its end an empty variable leaves an empty segment, which is refused.
            ngx_str_t path = copyInto(cf->pool, std::string(word.substr(folder.size())) +
                                                    (word.ends_with('/') ? "" : "/"));
            client.folder = compile(cf, &path);
            if (client.folder == nullptr) {
                return static_cast<char*>(NGX_CONF_ERROR);
            }
        } else {
            return refuseValue(cf, word, "private, no_overwrite, folder=PATH or nothing");
        }
    }
    return NGX_CONF_OK;
}

template <char* (*reader)(ngx_conf_t*, ngx_command_t*, void*)>
char* guarded(ngx_conf_t* cf, ngx_command_t* command, void* conf) {
    try {
        return reader(cf, command, conf);
    } catch (const std::exception& exception) {
        return refuse(cf, std::string("not enough memory: ") + exception.what());
    }
}

constexpr Range sizeRange{1, std::uint64_t(4) << 30, "a size from 1 to 4g, such as 40m"};
constexpr Range uploadsRange{1, 10'000, "a number of uploads from 1 to 10000"};

void* pointerTo(const Range& range) noexcept {
    return const_cast<Range*>(&range);
}

constexpr ngx_uint_t everywhere = NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF;

#define PRIVATE_IMAGE_FIELD(field) NGX_HTTP_LOC_CONF_OFFSET, offsetof(DoorLocation, field)

ngx_command_t directives[] = {
    {ngx_string("private_image_upload"),
     NGX_HTTP_LOC_CONF | NGX_CONF_TAKE2 | NGX_CONF_TAKE3 | NGX_CONF_TAKE4, guarded<readUpload>,
     PRIVATE_IMAGE_FIELD(setting), nullptr},
    {ngx_string("private_image_upload_key"), everywhere | NGX_CONF_TAKE123, guarded<readUploadKey>,
     PRIVATE_IMAGE_FIELD(keys), nullptr},
    {ngx_string("private_image_upload_url"), everywhere | NGX_CONF_TAKE1, ngx_conf_set_str_slot,
     PRIVATE_IMAGE_FIELD(url), nullptr},
    {ngx_string("private_image_store"), everywhere | NGX_CONF_TAKE1, ngx_conf_set_str_slot,
     PRIVATE_IMAGE_FIELD(store), nullptr},
    {ngx_string("private_image_upload_client"),
     everywhere | NGX_CONF_TAKE1 | NGX_CONF_TAKE2 | NGX_CONF_TAKE3 | NGX_CONF_TAKE4,
     guarded<readClient>, PRIVATE_IMAGE_FIELD(client), nullptr},
    {ngx_string("private_image_upload_max_size"), everywhere | NGX_CONF_TAKE1, guarded<readSize>,
     PRIVATE_IMAGE_FIELD(maxSize), pointerTo(sizeRange)},
    {ngx_string("private_image_upload_timeout"), everywhere | NGX_CONF_TAKE1,
     guarded<readShortTime>, PRIVATE_IMAGE_FIELD(timeout), nullptr},
    {ngx_string("private_image_uploads"), everywhere | NGX_CONF_TAKE1, guarded<readCount>,
     PRIVATE_IMAGE_FIELD(maxUploads), pointerTo(uploadsRange)},
    {ngx_string("private_image_file_access"), everywhere | NGX_CONF_TAKE123,
     ngx_conf_set_access_slot, PRIVATE_IMAGE_FIELD(access), nullptr},
    ngx_null_command};

// ------------------------------------------------------------------ merging

void* createMain(ngx_conf_t* cf) {
    try {
        return makeInPool<DoorMain>(cf->pool);
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}

void* createLocation(ngx_conf_t* cf) {
    auto* location = static_cast<DoorLocation*>(ngx_pcalloc(cf->pool, sizeof(DoorLocation)));
    if (location != nullptr) {
        location->keys = static_cast<std::vector<upload::UploadKey>*>(NGX_CONF_UNSET_PTR);
        location->client = static_cast<ClientSetting*>(NGX_CONF_UNSET_PTR);
        location->maxSize = NGX_CONF_UNSET_SIZE;
        location->timeout = NGX_CONF_UNSET_MSEC;
        location->maxUploads = NGX_CONF_UNSET_UINT;
        location->access = NGX_CONF_UNSET_UINT;
    }
    return location;
}

// NGINX's own limits of a body would be answered in its own words, not in the service's.
void liftLimits(ngx_http_core_loc_conf_t& core) {
    core.client_max_body_size = 0;
    core.client_body_timeout = NGX_MAX_INT_T_VALUE / 4;  // private_image_upload_timeout counts
}

void addDoor(ngx_conf_t* cf, DoorLocation& location) {
    auto* core = static_cast<ngx_http_core_loc_conf_t*>(
        ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module));
    liftLimits(*core);
    location.setting->location = core;
    location.setting->server = static_cast<ngx_http_core_srv_conf_t*>(
        ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module));
    doorMainOf(cf).doors.push_back(&location);
}

char* mergeLocation(ngx_conf_t* cf, void* parent, void* child) {
    const DoorLocation& above = doorSettings(parent);
    DoorLocation& location = doorSettings(child);
    ngx_conf_merge_ptr_value(location.keys, above.keys, nullptr);
    ngx_conf_merge_ptr_value(location.client, above.client, nullptr);
    ngx_conf_merge_str_value(location.url, above.url, "");
    ngx_conf_merge_str_value(location.store, above.store, "");
    ngx_conf_merge_size_value(location.maxSize, above.maxSize, 0);
    ngx_conf_merge_msec_value(location.timeout, above.timeout, 300'000);
    ngx_conf_merge_uint_value(location.maxUploads, above.maxUploads, 16);
    ngx_conf_merge_uint_value(location.access, above.access, 0600);
    try {
        auto* core = static_cast<ngx_http_core_loc_conf_t*>(
            ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module));
        if (location.setting != nullptr) {
            addDoor(cf, location);
        } else if (core->noname && above.setting != nullptr) {
            location.setting = above.setting;  // an "if" block of a door is that door
            liftLimits(*core);
        }
        return NGX_CONF_OK;
    } catch (const std::bad_alloc&) {
        return refuse(cf, "private_image_upload: not enough memory");
    }
}

// ------------------------------------------------------------------ installation

ngx_int_t preconfigure(ngx_conf_t* cf) {
    return addUploadVariables(cf);
}

ngx_int_t postconfigure(ngx_conf_t* cf) {
    try {
        addRequestBodyFilter();
        return compileDoors(cf, doorMainOf(cf).doors);
    } catch (const std::exception& exception) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0, "private_image_upload: %s", exception.what());
        return NGX_ERROR;
    }
}

// What uploads left that a crash ended.
ngx_int_t startWorker(ngx_cycle_t* cycle) {
    const auto* main = static_cast<DoorMain*>(
        ngx_http_cycle_get_module_main_conf(cycle, ngx_http_private_image_door_module));
    const bool isWorker = ngx_process == NGX_PROCESS_WORKER || ngx_process == NGX_PROCESS_SINGLE;
    if (main == nullptr || !isWorker) {
        return NGX_OK;
    }
    try {
        for (const DoorLocation* location : main->doors) {
            const Door& door = *location->setting->door;
            if (!door.bucket) {
                removeTemporaryFiles(door.folder.root);
            }
        }
    } catch (...) {
        logException(cycle->log, "removing what interrupted uploads left");
    }
    return NGX_OK;
}

ngx_http_module_t moduleContext = {preconfigure, postconfigure, createMain,     nullptr,
                                   nullptr,      nullptr,       createLocation, mergeLocation};

}  // namespace
}  // namespace private_image

extern "C" {

__attribute__((visibility("default")))
ngx_module_t ngx_http_private_image_door_module = {NGX_MODULE_V1,
                                                   &private_image::moduleContext,
                                                   private_image::directives,
                                                   NGX_HTTP_MODULE,
                                                   nullptr,
                                                   nullptr,
                                                   private_image::startWorker,
                                                   nullptr,
                                                   nullptr,
                                                   nullptr,
                                                   nullptr,
                                                   NGX_MODULE_V1_PADDING};
}
