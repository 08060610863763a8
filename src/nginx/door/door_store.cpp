#include "nginx/door/door_store.hpp"

#include <utility>

#include "base/known_variables.hpp"
#include "nginx/host/pool.hpp"

namespace private_image {

namespace {

Problem notAStore(const ngx_http_core_loc_conf_t& core) {
    return "location " + inDoubleQuotes(view(core.name)) +
           " is neither a folder nor a bucket, so that it cannot keep the mark of an upload, write "
           "root or alias there, without variables, or proxy_pass and private_image_s3";
}

}  // namespace

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

Result<FolderOfLocation, Problem> folderOf(const OtherModules& others, const LocationNode& node) {
    const ngx_http_core_loc_conf_t& core = *node.core;
    if (others.sendsCompressedCopies(node)) {
        return Error{"gzip_static in location " + inDoubleQuotes(view(core.name)) +
                     " sends compressed copies, which have no mark, write gzip_static off there"};
    }
    if (core.handler != nullptr || core.root_lengths != nullptr) {
        return Error{notAStore(core)};
    }
    if (core.alias != 0 && view(core.name).ends_with('/') && !view(core.root).ends_with('/')) {
        return Error{"alias " + inDoubleQuotes(view(core.root)) + " in location " +
                     inDoubleQuotes(view(core.name)) +
                     " has no slash at its end, so that NGINX looks for other files than the door "
                     "stores, write it with one"};
    }
    return FolderOfLocation{std::string(view(core.root)), core.alias};
}

const S3Setting* signingOf(const LocationNode& node) {
    const auto* location =
        static_cast<const S3Location*>(node.settings(ngx_http_private_image_s3_module));
    const bool signs = location->setting != nullptr && location->setting->isOfLocation &&
                       node.core->handler != nullptr;
    return signs ? location->setting : nullptr;
}

namespace {

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

}  // namespace

Result<Store, Problem> findStore(const OtherModules& others, const FoundGate& found,
                                 std::string_view host, std::string_view storeUri) {
    const auto origin = originOf(found, host);
    if (!origin) {
        return Error{origin.error()};
    }
    // NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage): it loses the result's value
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

}  // namespace private_image
