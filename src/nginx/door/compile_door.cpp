#include "nginx/door/compile_door.hpp"

#include <algorithm>
#include <optional>

#include "base/ascii.hpp"
#include "base/encoding.hpp"
#include "base/known_variables.hpp"
#include "nginx/config/location_tree.hpp"
#include "nginx/config/other_modules.hpp"
#include "nginx/door/store_check.hpp"
#include "nginx/host/pool.hpp"
#include "nginx/s3_origin/s3_module.hpp"

namespace private_image {
namespace {

// An [emerg] without its position.
using Problem = std::string;

std::string inDoubleQuotes(std::string_view text) {
    return '"' + std::string(text) + '"';
}

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

// ------------------------------------------------------------------ the gate

bool isNamed(const ngx_http_core_srv_conf_t& server, std::string_view host) {
    const auto* names = static_cast<const ngx_http_server_name_t*>(server.server_names.elts);
    return std::any_of(names, names + server.server_names.nelts,
                       [&](const auto& name) { return equalsIgnoringCase(view(name.name), host); });
}

struct FoundGate {
    const ngx_http_core_srv_conf_t* server = nullptr;
    std::deque<LocationNode> nodes;      // of the server
    const LocationNode* node = nullptr;  // the gate's own
    Gate* gate = nullptr;
};

// Marks every gate of that location as filled, those that an `if` or a nested location makes of it
// included: they serve the same files. What copies a file may have dropped its mark.
void fill(const FoundGate& found, bool isFolder) {
    for (const LocationNode& node : found.nodes) {
        const LocationConfig& location = node.config();
        if (location.gate == nullptr || location.gateLocation != found.node->core) {
            continue;
        }
        location.gate->isFilledByDoor = true;
        if (isFolder && !location.isUnmarkedWritten) {
            location.gate->unmarked = Mark::privateImage;
        }
    }
}

Result<FoundGate, Problem> findGate(const ngx_http_core_srv_conf_t& server,
                                    const DoorSetting& setting) {
    std::deque<LocationNode> nodes = locationsOf(server);
    for (const LocationNode& node : nodes) {
        const LocationConfig& location = node.config();
        const bool isGate = location.gate != nullptr && location.gateLocation == node.core &&
                            location.gate->prefix == setting.prefix;
        if (!isGate) {
            continue;
        }
        if (location.gate->dialect != setting.dialect) {
            return Error{"the gate with the prefix " + inDoubleQuotes(setting.prefix) +
                         " has another dialect, write private_image_upload " +
                         std::string(dialectName(location.gate->dialect)) + ' ' + setting.prefix};
        }
        const LocationNode* own = &node;
        return FoundGate{&server, std::move(nodes), own, location.gate};
    }
    return Error{"there is no gate with the prefix " + inDoubleQuotes(setting.prefix) +
                 " in the server that private_image_upload_url names, write the prefix of a "
                 "location with private_image"};
}

// ------------------------------------------------------------------ the store

Result<std::string, Problem> expandIdentity(const Gate& gate, std::string_view host) {
    const KnownVariable known[] = {{"host", host}};
    auto identity = expandVariables(view(gate.identity->value), known);
    if (!identity) {
        return Error{"private_image_identity " + inDoubleQuotes(view(gate.identity->value)) +
                     " of the gate is not known outside a request to it, use no variable but "
                     "$host there"};
    }
    return std::move(*identity);
}

// The location of the server that NGINX chooses for a URI by its name.
const LocationNode* locationFor(const std::deque<LocationNode>& nodes, std::string_view uri) {
    const LocationNode* found = nullptr;
    for (const LocationNode& node : nodes) {
        const std::string_view name = view(node.core->name);
        const bool isLonger = found == nullptr || name.size() > view(found->core->name).size();
        if (node.isPrefix && !node.core->exact_match && uri.starts_with(name) && isLonger) {
            found = &node;
        }
    }
    return found;
}

// NGINX tries the regular expressions of each level, from the location's outwards, unless the
// location on the way to it is written with "^~".
bool mayRegexAnswer(const ngx_http_core_srv_conf_t& server, const LocationNode& node) {
    for (const LocationNode* level = &node; level != nullptr; level = level->outer) {
        ngx_http_core_loc_conf_t** regexes = regexesBeside(server, *level);
        if (regexes != nullptr && *regexes != nullptr && !level->core->noregex) {
            return true;
        }
    }
    return false;
}

bool hasRegexInside([[maybe_unused]] const LocationNode& node) {
#if (NGX_PCRE)
    return node.core->regex_locations != nullptr && *node.core->regex_locations != nullptr;
#else
    return false;
#endif
}

Problem regexAnswers(const LocationNode& node, std::string_view what) {
    const std::string name(view(node.core->name));
    return "a regular expression may answer in place of location " + inDoubleQuotes(name) + ", " +
           std::string(what) + ", write location ^~ " + name;
}

Problem notAStore(const ngx_http_core_loc_conf_t& core) {
    return "location " + inDoubleQuotes(view(core.name)) +
           " is neither a folder nor a bucket, so that it cannot keep the mark of an upload, write "
           "root or alias there, without variables, or proxy_pass and private_image_s3";
}

// Where the images of a gate are: one of the two.
struct Store {
    FolderOfLocation folder;
    std::optional<BucketOfLocation> bucket;
};

Result<FolderOfLocation, Problem> folderOf(const OtherModules& others, const LocationNode& node) {
    const ngx_http_core_loc_conf_t& core = *node.core;
    if (others.sendsCompressedCopies(node)) {
        return Error{"gzip_static in location " + inDoubleQuotes(view(core.name)) +
                     " sends compressed copies, which have no mark, write gzip_static off there"};
    }
    if (core.handler != nullptr || core.root_lengths != nullptr) {
        return Error{notAStore(core)};
    }
    return FolderOfLocation{std::string(view(core.root)), core.alias};
}

// Null where the location signs for no bucket by itself.
const S3Setting* signingOf(const LocationNode& node) {
    const auto* location =
        static_cast<const S3Location*>(node.settings(ngx_http_private_image_s3_module));
    const bool signs = location->setting != nullptr && location->setting->isOfLocation &&
                       node.core->handler != nullptr;
    return signs ? location->setting : nullptr;
}

// Of "photos.s3.eu-central-1.amazonaws.com": "photos".
std::string bucketOfHost(std::string_view host) {
    const std::size_t end = host.find(".s3");
    return std::string(host.substr(0, end != host.npos ? end : host.find('.')));
}

// `uriStart`: of the URIs of all images, as they come to that location.
Result<BucketOfLocation, Problem> bucketOf(const OtherModules& others, const LocationNode& node,
                                           const S3Setting& setting, std::string uriStart) {
    if (const char* change = others.proxyChangeIn(node)) {
        return Error{std::string(change) + " in location " + inDoubleQuotes(view(node.core->name)) +
                     ", which leads to the bucket of a door, would hide or change uploads, remove "
                     "it there"};
    }
    const Gate* gate = node.config().gate;
    const std::string_view prefix = gate != nullptr ? gate->prefix : view(node.core->name);
    BucketOfLocation bucket;
    bucket.address = setting.host + setting.path;
    bucket.uriOffset = prefix.size();
    if (!uriStart.starts_with(prefix)) {
        return Error{"private_image_store " + inDoubleQuotes(uriStart) +
                     " does not lead into location " + inDoubleQuotes(prefix)};
    }
    bucket.uriStart = std::move(uriStart);
    bucket.sourceStart =
        (setting.path.empty() ? '/' + bucketOfHost(setting.host) : setting.path) + '/';
    return bucket;
}

// The location that NGINX chooses for the images of a URI with variables, such as
// private_image_origin.
struct FoundOrigin {
    const LocationNode* node = nullptr;
    std::string uriStart;
};

Result<FoundOrigin, Problem> findOrigin(const FoundGate& found, std::string_view host,
                                        std::string_view directive, std::string_view value) {
    const KnownVariable known[] = {{"host", host}, {"private_image_path", "/"}};
    const auto uri = expandVariables(value, known);
    const std::string what = std::string(directive) + ' ' + inDoubleQuotes(value);
    if (!uri || !value.ends_with("$private_image_path")) {
        return Error{what +
                     " is not known outside a request to the gate, write a path and "
                     "$private_image_path at its end"};
    }
    const LocationNode* node = locationFor(found.nodes, *uri);
    if (node == nullptr) {
        return Error{"there is no location for " + what};
    }
    if (mayRegexAnswer(*found.server, *node) || hasRegexInside(*node)) {
        return Error{regexAnswers(*node, std::string(directive) + " of the gate")};
    }
    return FoundOrigin{node, *uri};
}

Result<FoundOrigin, Problem> originOf(const FoundGate& found, std::string_view host) {
    const Gate& gate = *found.gate;
    if (gate.namedOrigin.len != 0) {
        return Error{
            Problem("the gate's private_image_origin names a location by \"@\", which a door "
                    "cannot fill, write an internal location with a path")};
    }
    if (gate.origin != nullptr) {
        return findOrigin(found, host, "private_image_origin", view(gate.origin->value));
    }
    if (!gate.prefix.starts_with(view(found.node->core->name))) {
        return Error{"the gate's location does not begin its prefix " +
                     inDoubleQuotes(gate.prefix) +
                     ", so that a door cannot know the names of the files, write a location that "
                     "is named by a path"};
    }
    return FoundOrigin{found.node, gate.prefix};
}

// `storeUri`: of private_image_store; may be empty.
Result<Store, Problem> findStore(const OtherModules& others, const FoundGate& found,
                                 std::string_view host, std::string_view storeUri) {
    const auto origin = originOf(found, host);
    if (!origin) {
        return Error{origin.error()};
    }
    if (signingOf(*origin->node) == nullptr) {
        if (!storeUri.empty()) {
            return Error{
                Problem("private_image_store is for a gate whose origin is a bucket, with "
                        "private_image_s3 in its location")};
        }
        auto folder = folderOf(others, *origin->node);
        return folder ? Result<Store, Problem>(Store{std::move(*folder), {}})
                      : Error{folder.error()};
    }
    const auto store =
        storeUri.empty() ? origin : findOrigin(found, host, "private_image_store", storeUri);
    if (!store) {
        return Error{store.error()};
    }
    const S3Setting* setting = signingOf(*store->node);
    if (setting == nullptr) {
        return Error{notAStore(*store->node->core)};
    }
    if (const char* change = others.proxyChangeIn(*origin->node)) {
        return Error{std::string(change) + " in location " +
                     inDoubleQuotes(view(origin->node->core->name)) +
                     ", the origin of a gate that a door fills, would hide new marks, remove it "
                     "there"};
    }
    auto bucket = bucketOf(others, *store->node, *setting, store->uriStart);
    return bucket ? Result<Store, Problem>(Store{{}, std::move(*bucket)}) : Error{bucket.error()};
}

std::string_view originTextOf(const Gate& gate) {
    return gate.origin == nullptr ? std::string_view() : view(gate.origin->value);
}

// The mark of an upload is read back through the gate: every location of it must read in the same
// way, from the same bucket.
std::optional<Problem> findOtherReading(const OtherModules& others, const FoundGate& found,
                                        const LocationNode& node, const Problem& otherFiles) {
    const Gate& gate = *node.config().gate;
    if (originTextOf(gate) != originTextOf(*found.gate) ||
        (gate.origin == nullptr && signingOf(node) != signingOf(*found.node))) {
        return otherFiles;
    }
    if (gate.flags != found.gate->flags || gate.readerDigest != found.gate->readerDigest) {
        return "location " + inDoubleQuotes(view(node.core->name)) +
               " inside the gate reads marks in another way than the gate, write "
               "private_image_flag "
               "and private_image_mark in the gate's location only";
    }
    if (const char* change = gate.origin == nullptr ? others.proxyChangeIn(node) : nullptr) {
        return std::string(change) + " in location " + inDoubleQuotes(view(node.core->name)) +
               " inside the gate would hide new marks, remove it there";
    }
    return std::nullopt;
}

// A location inside the gate's that serves other files would hide uploads; one that reads no marks
// would show them all.
std::optional<Problem> findProblemInside(const OtherModules& others, const FoundGate& found,
                                         const LocationNode& node, const Store& store) {
    const Gate& gate = *node.config().gate;
    const Problem otherFiles = "location " + inDoubleQuotes(view(node.core->name)) +
                               " inside the gate serves other files than the gate, where uploads "
                               "would be lost, write it outside of the gate";
    if (store.bucket) {
        return findOtherReading(others, found, node, otherFiles);
    }
    if (!gate.readsFileMarks) {
        return "private_image_file_mark is off in location " +
               inDoubleQuotes(view(node.core->name)) +
               ", so that the marks of uploads would not be read, write on there";
    }
    if (gate.origin != nullptr) {
        return std::nullopt;  // its files are those of another location
    }
    const auto other = folderOf(others, node);
    if (!other || other->root != store.folder.root || other->uriOffset != store.folder.uriOffset) {
        return otherFiles;
    }
    return std::nullopt;
}

// What is uploaded must be answered by the gate: not by another location below its prefix, nor by a
// regular expression.
std::optional<Problem> findUnguarded(const OtherModules& others, const FoundGate& found,
                                     const Store& store) {
    if (mayRegexAnswer(*found.server, *found.node)) {
        return regexAnswers(*found.node, "the gate");
    }
    for (const LocationNode& node : found.nodes) {
        const LocationConfig& location = node.config();
        if (location.gate != nullptr && location.gateLocation == found.node->core) {
            if (auto problem = findProblemInside(others, found, node, store)) {
                return problem;
            }
        } else if (node.isPrefix && view(node.core->name).starts_with(found.gate->prefix)) {
            return "location " + inDoubleQuotes(view(node.core->name)) +
                   " answers requests below the gate's prefix " +
                   inDoubleQuotes(found.gate->prefix) +
                   ", where uploads would not be guarded, write it outside of the prefix";
        }
    }
    return std::nullopt;
}

// ------------------------------------------------------------------ other names of the files

// The names of all servers, by which $host can have come into an identity.
std::vector<std::string> literalNames(ngx_conf_t* cf) {
    std::vector<std::string> names;
    for (const ngx_http_core_srv_conf_t* server : serversOf(cf)) {
        const auto* all = static_cast<const ngx_http_server_name_t*>(server->server_names.elts);
        for (std::size_t i = 0; i < server->server_names.nelts; i++) {
            const std::string name = toLowerCase(view(all[i].name));
            if (std::ranges::find(names, name) == names.end()) {
                names.push_back(name);
            }
        }
    }
    return names;
}

std::string_view withoutSlash(std::string_view folder) {
    return folder.ends_with('/') ? folder.substr(0, folder.size() - 1) : folder;
}

// The location that serves a gate's images: its own, or the one that its origin names.
const LocationNode* servingNode(const std::deque<LocationNode>& nodes, const LocationNode& node,
                                std::string_view host) {
    const Gate& gate = *node.config().gate;
    if (gate.origin == nullptr) {
        return &node;
    }
    const KnownVariable known[] = {{"host", host}, {"private_image_path", "/"}};
    const auto uri = expandVariables(view(gate.origin->value), known);
    return uri ? locationFor(nodes, *uri) : nullptr;
}

// The gate's names for files of the folder or objects of the bucket; empty where its files are
// others.
std::optional<OtherName> nameAt(const OtherModules& others, const std::deque<LocationNode>& nodes,
                                const LocationNode& node, const Door& door) {
    const LocationConfig& location = node.config();
    if (location.gate == nullptr || location.gateLocation != node.core || !node.isPrefix) {
        return std::nullopt;
    }
    const LocationNode* serving = servingNode(nodes, node, door.host);
    if (serving == nullptr || !serving->isPrefix) {
        return std::nullopt;
    }
    OtherName name;
    name.cache = location.gate->cache;
    if (door.bucket) {
        const S3Setting* setting = signingOf(*serving);
        if (setting == nullptr || setting->host + setting->path != door.bucket->address) {
            return std::nullopt;
        }
        const Gate* own = serving->config().gate;
        name.uriStart = own != nullptr ? own->prefix : view(serving->core->name);
        name.skipped = name.uriStart.ends_with('/') ? 1 : 0;
        return name;
    }
    const auto own = folderOf(others, *serving);
    if (!own || withoutSlash(own->root) != withoutSlash(door.folder.root)) {
        return std::nullopt;
    }
    if (own->uriOffset != 0) {  // an alias
        name.uriStart = view(serving->core->name);
        name.skipped = name.uriStart.ends_with('/') ? 1 : 0;
    }
    return name;
}

// Of every gate with that folder or bucket, under every host that a server is named by.
void findOtherNames(ngx_conf_t* cf, const OtherModules& others, Door& door) {
    std::vector<std::string> hosts = literalNames(cf);
    hosts.push_back(door.host);
    for (const ngx_http_core_srv_conf_t* server : serversOf(cf)) {
        const std::deque<LocationNode> nodes = locationsOf(*server);
        for (const LocationNode& node : nodes) {
            auto name = nameAt(others, nodes, node, door);
            for (const std::string& host : name ? hosts : std::vector<std::string>()) {
                const auto identity = expandIdentity(*node.config().gate, host);
                if (!identity) {
                    continue;  // not known here: docs/uploads.md
                }
                name->identity = *identity;
                const bool isKnown = std::ranges::any_of(door.otherNames, [&](const auto& other) {
                    return other.identity == name->identity && other.uriStart == name->uriStart &&
                           other.cache == name->cache;
                });
                if (!isKnown) {
                    door.otherNames.push_back(*name);
                }
            }
        }
    }
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
        fill(*found, !store->bucket);
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
               ", write a folder in which workers may write, in a file system with user "
               "attributes and unnamed files, such as ext4 or XFS";
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
