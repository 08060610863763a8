#include "nginx/door/compile_door.hpp"

#include <algorithm>
#include <iterator>
#include <optional>

#include "base/ascii.hpp"
#include "base/encoding.hpp"
#include "nginx/config/location_tree.hpp"
#include "nginx/config/other_modules.hpp"
#include "nginx/door/door_gate.hpp"
#include "nginx/door/door_store.hpp"
#include "nginx/door/other_names.hpp"
#include "nginx/door/store_check.hpp"
#include "nginx/host/pool.hpp"

namespace private_image {
namespace {

// ------------------------------------------------------------------ the URL of the gate

struct GateUrl {
    std::string origin;  // scheme, host and port
    std::string host;    // in lower case, without the port
};

Result<GateUrl, Problem> parseUrl(std::string_view url) {
    constexpr std::string_view advice =
        ", write scheme and host under which the gate is reached, such as https://img.example.com";
    std::string_view rest = url;
    for (const std::string_view scheme : {"https://", "http://"}) {
        rest.remove_prefix(rest.starts_with(scheme) ? scheme.size() : 0);
    }
    rest.remove_suffix(rest.ends_with('/') ? 1 : 0);
    const bool isValid =
        rest.size() < url.size() && !rest.empty() && std::ranges::all_of(rest, [](char c) {
            return isLetterOrDigit(c) ||
                   std::string_view("-.:[]_").find(c) != std::string_view::npos;
        });
    if (!isValid || !url.substr(0, url.size() - rest.size()).starts_with("http")) {
        return Error{"invalid private_image_upload_url " + inDoubleQuotes(url) +
                     std::string(advice)};
    }
    const std::size_t port = rest.rfind(':');
    const bool hasPort = port != rest.npos && rest.find(']', port) == rest.npos;
    const std::size_t end = static_cast<std::size_t>(rest.data() - url.data()) + rest.size();
    return GateUrl{std::string(url.substr(0, end)),
                   toLowerCase(rest.substr(0, hasPort ? port : rest.npos))};
}

std::vector<std::string> namesOf(const Variants& variants) {
    std::vector<std::string> names;
    for (const auto& [name, variant] : variants) {
        names.push_back(name);
    }
    return names;
}

// ------------------------------------------------------------------ one door

bool isSame(const Door& door, const Store& store) {
    if (door.bucket || store.bucket) {
        return door.bucket && store.bucket && door.bucket->address == store.bucket->address &&
               door.bucket->uriStart == store.bucket->uriStart;
    }
    return door.folder.root == store.folder.root && door.folder.uriOffset == store.folder.uriOffset;
}

// By default the host is part of an image's identity: what is known under others is not discarded.
void warnOfUnnamedHost(ngx_conf_t* cf, const DoorSetting& setting, const std::string& host) {
    ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                  "no server_name is \"%s\", the host of private_image_upload_url: after an upload "
                  "or an edit, what is known under other hosts stays for a while, write "
                  "server_name %s in %V:%ui",
                  host.c_str(), host.c_str(), &setting.position.file, setting.position.line);
}

// Servers of that name must lead to the same images in the same store.
std::optional<Problem> complete(ngx_conf_t* cf, const DoorLocation& location, Door& door) {
    const DoorSetting& setting = *location.setting;
    const auto url = parseUrl(view(location.url));
    if (!url) {
        return url.error();
    }
    door.host = url->host;
    const OtherModules others(cf);
    std::vector<const ngx_http_core_srv_conf_t*> servers;
    std::ranges::copy_if(serversOf(cf), std::back_inserter(servers),
                         [&](const auto* server) { return isNamed(*server, url->host); });
    if (servers.empty()) {
        warnOfUnnamedHost(cf, setting, url->host);
        servers.push_back(setting.server);
    }
    for (const ngx_http_core_srv_conf_t* server : servers) {
        const auto found = findGate(*server, setting);
        if (!found) {
            return found.error();
        }
        auto identity = expandIdentity(*found->gate, url->host);
        if (!identity) {
            return identity.error();
        }
        auto store = findStore(others, *found, url->host, view(location.store));
        if (!store) {
            return store.error();
        }
        if (auto problem = findUnguarded(others, *found, *store)) {
            return problem;
        }
        markAsFilled(*found, !store->bucket);
        if (door.gate != nullptr) {
            if (door.identity != *identity || !isSame(door, *store) ||
                door.gate->flags != found->gate->flags ||
                door.gate->readerDigest != found->gate->readerDigest) {
                return "the servers named " + inDoubleQuotes(url->host) +
                       " have different gates with the prefix " + inDoubleQuotes(setting.prefix) +
                       ", write the same identity, flags, and folder or bucket, in each";
            }
            continue;
        }
        door.gate = found->gate;
        door.identity = std::move(*identity);
        door.folder = std::move(store->folder);
        door.bucket = std::move(store->bucket);
        if (door.bucket) {
            door.bucket->server = server;
            door.bucket->host = url->host;
            door.bucket->gate = found->gate;
        }
    }
    door.gateUrl = url->origin + door.gate->prefix;
    door.variants = namesOf(door.gate->variants);
    findOtherNames(cf, others, door);
    return std::nullopt;
}

std::optional<Problem> findProblem(const DoorLocation& location) {
    const ngx_http_core_loc_conf_t& core = *location.setting->location;
    if (LocationNode{&core}.config().gate != nullptr) {
        return Problem(
            "private_image_upload cannot be in a gate's location, write a location of "
            "its own for it, outside of the gate");
    }
#if (NGX_PCRE)
    const bool isRegex = core.regex != nullptr;
#else
    const bool isRegex = false;
#endif
    if (isRegex || core.named || core.exact_match) {
        return "private_image_upload needs a location that is named by a path, such as "
               "location /upload/";
    }
    if (location.keys == nullptr || location.keys->empty()) {
        return Problem(
            "private_image_upload has no credential, write private_image_upload_key "
            "FILE");
    }
    if (location.url.len == 0) {
        return Problem(
            "private_image_upload does not know under which URL its gate is reached, "
            "write private_image_upload_url, such as https://img.example.com");
    }
    const bool hasAccounts = std::ranges::none_of(
        *location.keys, [](const upload::UploadKey& key) { return key.account.empty(); });
    if (location.setting->dialect == Dialect::cloudflare && !hasAccounts) {
        return Problem(
            "private_image_upload cloudflare does not know the account of a key, write "
            "private_image_upload_key FILE account=ID");
    }
    return std::nullopt;
}

std::optional<Problem> compileClient(ngx_conf_t* cf, const DoorLocation& location, Door& door) {
    if (location.client == nullptr || !location.client->isOn ||
        location.setting->dialect == Dialect::cloudflare) {
        return std::nullopt;  // one-time URLs need no switch
    }
    door.acceptsClients = true;
    door.clientRules = location.client->rules;
    door.clientFolder = location.client->folder;
    if (mainOf(cf).isZoneOff) {
        return Problem(
            "private_image_upload_client needs the zone, in which used tokens are kept, "
            "write private_image_zone NAME:SIZE instead of off");
    }
    if (door.maxUploads < 2) {
        return Problem(
            "private_image_uploads 1 leaves no room for private_image_upload_client, "
            "which may use half of it, write 2 or more");
    }
    if (std::ranges::all_of(*door.keys, [](const auto& key) { return key.publicKey.empty(); })) {
        return Problem(
            "private_image_upload_client needs the public key that clients name, write "
            "private_image_upload_key FILE public=ID");
    }
    return std::nullopt;
}

std::optional<Problem> compileDoor(ngx_conf_t* cf, const DoorLocation& location) {
    if (auto problem = findProblem(location)) {
        return problem;
    }
    auto* door = makeInPool<Door>(cf->pool);
    door->dialect = location.setting->dialect;
    door->verifies = location.setting->verifies;
    door->allowsPrivateIds = location.setting->allowsPrivateIds;
    door->location = percentEncodePath(view(location.setting->location->name));
    if (!door->location.ends_with('/')) {
        door->location += '/';
    }
    door->keys = location.keys;
    door->access = {static_cast<mode_t>(location.access),
                    static_cast<mode_t>(ngx_dir_access(location.access))};
    door->timeout = location.timeout;
    door->maxUploads = location.maxUploads;
    if (auto problem = compileClient(cf, location, *door)) {
        return problem;
    }
    if (door->dialect == Dialect::cloudflare && mainOf(cf).isZoneOff) {
        return Problem(
            "private_image_upload cloudflare needs the zone, in which used one-time URLs are kept, "
            "write private_image_zone NAME:SIZE instead of off");
    }
    if (auto problem = complete(cf, location, *door)) {
        return problem;
    }
    door->maxSize = location.maxSize == 0 ? static_cast<std::size_t>(door->gate->maxSourceSize)
                                          : location.maxSize;
    if (door->bucket) {
        if (mainOf(cf).isZoneOff) {
            return Problem(
                "a door to a bucket needs the zone, in which uploads exclude each other, write "
                "private_image_zone NAME:SIZE instead of off");
        }
        location.setting->door = door;
        return std::nullopt;
    }
    if (const std::string why = whyNoStoreForWorkers(cf, door->folder.root); !why.empty()) {
        return "folder " + inDoubleQuotes(door->folder.root) + " cannot be a store: " + why +
               ", let it write there, or name a folder in a file system with user attributes and "
               "unnamed files, such as ext4 or XFS";
    }
    location.setting->door = door;
    return std::nullopt;
}

}  // namespace

ngx_int_t compileDoors(ngx_conf_t* cf, const std::vector<DoorLocation*>& doors) {
    for (const DoorLocation* location : doors) {
        if (const auto problem = compileDoor(cf, *location)) {
            refuseAt(cf, location->setting->position, *problem);
            return NGX_ERROR;
        }
    }
    return NGX_OK;
}

}  // namespace private_image
