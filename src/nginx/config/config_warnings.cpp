#include "nginx/config/config_warnings.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "access/privacy_mark.hpp"
#include "dialect/dialect.hpp"
#include "nginx/config/installed_handlers.hpp"
#include "nginx/config/location_tree.hpp"
#include "nginx/config/other_modules.hpp"
#include "nginx/host/pool.hpp"

namespace private_image {
namespace {

void warn(ngx_conf_t* cf, const Position& position, const std::string& text) {
    ngx_log_error(NGX_LOG_WARN, cf->log, 0, "%s in %V:%ui", text.c_str(), &position.file,
                  position.line);
}

std::string nameOf(const LocationNode& node) {
    return "location \"" + std::string(view(node.core->name)) + '"';
}

std::string placeOf(const LocationNode& node) {
    const Position& position = node.config().position;
    return std::string(view(position.file)) + ':' + std::to_string(position.line);
}

bool isGate(const LocationNode& node) {
    return node.config().gate != nullptr;
}

// True where private_image is written in the location itself.
bool beginsGate(const LocationNode& node) {
    return isGate(node) && node.config().gateLocation == node.core;
}

bool isEndpoint(const LocationNode& node) {
    const LocationConfig& config = node.config();
    return config.isPurge || config.sign != nullptr || isStatusLocation(*node.core);
}

// ------------------------------------------------------------------ rules below a gate

std::string transformedUrl(const Gate& gate, std::string_view name) {
    const std::string path(
        name.substr(std::min(plainPrefix(gate.dialect, gate.prefix).size(), name.size())));
    const std::string options(exampleOptions(gate.dialect));
    return gate.prefix + options + '/' + path + (path.ends_with('/') ? "photo.jpg" : "");
}

bool isSameFolder(const ngx_http_core_loc_conf_t& one, const ngx_http_core_loc_conf_t& other) {
    std::string_view a = view(one.root), b = view(other.root);
    a.remove_suffix(a.ends_with('/') ? 1 : 0);
    b.remove_suffix(b.ends_with('/') ? 1 : 0);
    return one.handler == nullptr && other.handler == nullptr && a == b;
}

// True if a transformed URL of the gate names images of the location, but is not answered by it. In
// the plain form of "cloudflare" the image's path comes first, so that NGINX finds the location.
bool reachesPast(const LocationNode& gate, const LocationNode& node) {
    const Gate& rules = *gate.config().gate;
    const std::string_view prefix = plainPrefix(rules.dialect, rules.prefix),
                           name = view(node.core->name);
    if (!node.isPrefix || !name.starts_with(prefix) || name.size() == prefix.size()) {
        return false;
    }
    return rules.hasOptionsFirst &&
           (prefix == rules.prefix || isSameFolder(*gate.core, *node.core));
}

// The slash is that of $private_image_path, which usually follows.
bool isOriginOf(const Gate& gate, const LocationNode& node) {
    if (gate.origin == nullptr) {
        return false;
    }
    const std::string_view origin = view(gate.origin->value);
    return (std::string(origin.substr(0, origin.find('$'))) + '/')
        .starts_with(view(node.core->name));
}

// True if the gate itself may refuse these images.
bool mayRefuseByItself(const Gate& gate) {
    const bool marksByPath = gate.mark != nullptr && gate.mark->lengths != nullptr;
    return marksByPath || gate.policy.signatureAlways || gate.unmarked == Mark::privateImage;
}

bool isForErrorPages(const LocationNode& node) {
    return node.core->internal && node.core->exact_match;
}

void warnOfRulesBelow(ngx_conf_t* cf, const OtherModules& others, const LocationNode& gate,
                      const std::deque<LocationNode>& nodes) {
    const Gate& rules = *gate.config().gate;
    if (mayRefuseByItself(rules)) {
        return;
    }
    for (const LocationNode& node : nodes) {
        const bool isOwnGate = isGate(node) && beginsGate(node);
        if (isOwnGate || isEndpoint(node) || isForErrorPages(node) || isOriginOf(rules, node) ||
            !reachesPast(gate, node) || !others.isStricter(node, gate)) {
            continue;
        }
        const std::string_view name = view(node.core->name);
        const std::string folder(name.substr(plainPrefix(rules.dialect, rules.prefix).size()));
        warn(cf, node.config().position,
             "the access rules of " + nameOf(node) + " do not hold for transformed images: " +
                 transformedUrl(rules, name) + " is answered by the gate in " + nameOf(gate) +
                 " (" + placeOf(gate) + "), write \"map $private_image_path $secret { ~^/" +
                 folder + " 1; }\" and \"private_image_mark $secret;\" for that gate");
    }
}

// ------------------------------------------------------------------ expressions beside a gate

#if (NGX_PCRE)

bool matches(const ngx_http_core_loc_conf_t& location, const std::string& path) {
    ngx_str_t text = borrow(path);
    return ngx_regex_exec(location.regex->regex, &text, nullptr, 0) >= 0;
}

// A typical path of an image of the gate that the expression matches; empty if it matches none of
// those tried.
std::string takenImage(const ngx_http_core_loc_conf_t& regex, const LocationNode& gate) {
    constexpr std::array names{"photo.jpg", "photo.jpeg", "photo.png",          "photo.webp",
                               "photo.gif", "photo.avif", "tr:w-100/photo.jpg", "photo/w=100"};
    for (const char* name : names) {
        std::string path = gate.config().gate->prefix + name;
        const bool isGates = gate.core->regex == nullptr || matches(*gate.core, path);
        if (isGates && matches(regex, path)) {
            return path;
        }
    }
    return {};
}

// Of the expressions of a level that NGINX tries before the gate itself, the first that matches
// images of the gate; null if there is no such expression.
const ngx_http_core_loc_conf_t* takingExpression(ngx_http_core_loc_conf_t** regex,
                                                 const LocationNode& gate, std::string& path) {
    for (; regex != nullptr && *regex != nullptr && *regex != gate.core; regex++) {
        path = isGate(LocationNode{*regex}) ? std::string() : takenImage(**regex, gate);
        if (!path.empty()) {
            return *regex;
        }
    }
    return nullptr;
}

std::string pastTheGate(const LocationNode& gate, const ngx_http_core_loc_conf_t* regex,
                        const std::string& path) {
    const LocationNode other{regex};
    return "requests such as " + path + " go past the gate in " + nameOf(gate) +
           " into the regular expression of " + nameOf(other) + " (" + placeOf(other) +
           "), where private images are not protected, write ";
}

// NGINX takes the first expression that matches.
void warnOfEarlierExpressions(ngx_conf_t* cf, const ngx_http_core_srv_conf_t& server,
                              const LocationNode& gate) {
    std::string path;
    if (const auto* regex = takingExpression(regexesBeside(server, gate), gate, path)) {
        warn(cf, gate.config().position,
             pastTheGate(gate, regex, path) + "the gate's location above it, or location ^~ " +
                 gate.config().gate->prefix);
    }
}

// NGINX tries the expressions of each level, from the gate's outwards, where the location on the
// way to the gate is written without "^~".
void warnOfExpressions(ngx_conf_t* cf, const ngx_http_core_srv_conf_t& server,
                       const LocationNode& gate) {
    for (const LocationNode* level = &gate; level != nullptr; level = level->outer) {
        std::string path;
        const auto* regex = level->core->noregex
                                ? nullptr
                                : takingExpression(regexesBeside(server, *level), gate, path);
        if (regex != nullptr) {
            warn(cf, level->config().position,
                 pastTheGate(gate, regex, path) + "\"location ^~ " +
                     std::string(view(level->core->name)) + '"');
            return;
        }
    }
}

#else

void warnOfExpressions(ngx_conf_t*, const ngx_http_core_srv_conf_t&, const LocationNode&) {}
void warnOfEarlierExpressions(ngx_conf_t*, const ngx_http_core_srv_conf_t&, const LocationNode&) {}

#endif

// ------------------------------------------------------------------ prefixes

void warnOfPrefix(ngx_conf_t* cf, const OtherModules& others, const LocationNode& gate) {
    const LocationConfig& config = gate.config();
    const std::string_view name = view(gate.core->name), prefix = config.gate->prefix;
    const bool mayMatch =
        name.starts_with(prefix) || (prefix.starts_with(name) && !gate.core->exact_match);
    const bool isWithoutSlash = prefix == std::string(name) + '/';
    if (config.prefix.data == nullptr || mayMatch || isWithoutSlash || others.rewrites(gate)) {
        return;
    }
    warn(cf, config.prefixPosition == nullptr ? *config.gatePosition : *config.prefixPosition,
         "\"private_image_prefix " + std::string(prefix) + "\" matches no request in " +
             nameOf(gate) + ", so that every answer is " +
             std::to_string(statusOf(Reason::badUrl, config.gate->dialect)) + ", write " +
             std::string(name) + ", or leave it out");
}

// ------------------------------------------------------------------ marks

void warnOfConstantMarks(ngx_conf_t* cf) {
    constexpr std::array intended{"1", "true", "yes", "on", "private"};
    for (const MarkSetting& setting : *mainOf(cf).marks) {
        const std::string_view value = view(setting.value->value);
        if (setting.value->lengths != nullptr || !flagMeansPrivate(value) ||
            std::ranges::find(intended, value) != intended.end()) {
            continue;
        }
        warn(cf, setting.position,
             "\"private_image_mark " + std::string(value) +
                 "\" makes every image private: only false, 0, no, off and an empty value do not, "
                 "write a variable, such as $secret of a map, or off");
    }
}

// ------------------------------------------------------------------ the status page

bool isOfThisMachine(const sockaddr& address) {
    switch (address.sa_family) {
        case AF_UNIX:
            return true;
        case AF_INET:
            return ntohl(reinterpret_cast<const sockaddr_in&>(address).sin_addr.s_addr) >> 24 ==
                   127;
        case AF_INET6:
            return IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<const sockaddr_in6&>(address).sin6_addr);
        default:
            return false;
    }
}

bool isListedIn(const ngx_array_t& servers, const ngx_http_core_srv_conf_t* server) {
    auto* const* list = static_cast<ngx_http_core_srv_conf_t* const*>(servers.elts);
    return std::find(list, list + servers.nelts, server) != list + servers.nelts;
}

// True if one of the addresses that the server listens on can be reached from elsewhere.
bool isReachableFromElsewhere(ngx_conf_t* cf, const ngx_http_core_srv_conf_t* server) {
    const auto* core = static_cast<ngx_http_core_main_conf_t*>(
        ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module));
    if (core->ports == nullptr) {
        return false;
    }
    const auto* port = static_cast<const ngx_http_conf_port_t*>(core->ports->elts);
    for (ngx_uint_t p = 0; p < core->ports->nelts; p++) {
        const auto* address = static_cast<const ngx_http_conf_addr_t*>(port[p].addrs.elts);
        for (ngx_uint_t a = 0; a < port[p].addrs.nelts; a++) {
            if (isListedIn(address[a].servers, server) &&
                !isOfThisMachine(*address[a].opt.sockaddr)) {
                return true;
            }
        }
    }
    return false;
}

void warnOfStatus(ngx_conf_t* cf, const OtherModules& others,
                  const ngx_http_core_srv_conf_t& server, const LocationNode& node) {
    if (isStatusLocation(*node.core) && !others.isGuarded(node) &&
        isReachableFromElsewhere(cf, &server)) {
        warn(cf, node.config().position,
             "any client can read \"private_image_status\" in " + nameOf(node) +
                 ", write \"allow 127.0.0.1; deny all;\" there");
    }
}

// ------------------------------------------------------------------ variables of marks

// Finds variables that "set" writes. For a mark of the whole http block `server` is null, and every
// server counts.
class SetVariables {
public:
    SetVariables(ngx_conf_t* cf, const OtherModules& others) : cf_(cf), others_(others) {}

    // True if "set" writes the variable in `server`, or only "set" defines it.
    bool has(ngx_uint_t index, const ngx_str_t& name, const void* server) const {
        const ngx_http_variable_t* variable = definedVariable(core(), name);
        if (variable != nullptr && (variable->flags & NGX_HTTP_VAR_WEAK) != 0) {
            return true;
        }
        for (const ngx_http_core_srv_conf_t* one : serversOf(cf_)) {
            if ((server == nullptr || server == one) && writes(*one, index)) {
                return true;
            }
        }
        return false;
    }

    const ngx_http_core_main_conf_t& core() const {
        return *static_cast<ngx_http_core_main_conf_t*>(
            ngx_http_conf_get_module_main_conf(cf_, ngx_http_core_module));
    }

private:
    bool writes(const ngx_http_core_srv_conf_t& server, ngx_uint_t index) const {
        if (writes(server.ctx->loc_conf, index)) {
            return true;
        }
        const std::deque<LocationNode> nodes = locationsOf(server);
        return std::ranges::any_of(
            nodes, [&](const LocationNode& node) { return writes(node.core->loc_conf, index); });
    }
    bool writes(void* const* settings, ngx_uint_t index) const {
        const ngx_array_t* codes = others_.rewriteCodes(settings);
        return codes != nullptr && setsVariable(*codes, index);
    }

    ngx_conf_t* cf_;
    const OtherModules& others_;
};

const ngx_str_t& nameOfVariable(const ngx_http_core_main_conf_t& core, ngx_uint_t index) {
    return static_cast<const ngx_http_variable_t*>(core.variables.elts)[index].name;
}

// The name of a variable that the mark depends on and "set" writes; empty if there is no such
// variable.
std::string setVariableOf(const MarkSetting& mark, const SetVariables& sets,
                          const MapSources& maps) {
    std::vector<ngx_uint_t> indexes = variablesIn(*mark.value);
    for (std::size_t i = 0; i < indexes.size(); i++) {
        const ngx_str_t name = nameOfVariable(sets.core(), indexes[i]);
        if (sets.has(indexes[i], name, mark.server)) {
            return std::string(view(name));
        }
        for (const ngx_uint_t source : maps.of(name)) {
            if (std::ranges::find(indexes, source) == indexes.end()) {
                indexes.push_back(source);
            }
        }
    }
    return {};
}

}  // namespace

void warnOfConfiguration(ngx_conf_t* cf) {
    const OtherModules others(cf);
    warnOfConstantMarks(cf);
    for (const ngx_http_core_srv_conf_t* server : serversOf(cf)) {
        const std::deque<LocationNode> nodes = locationsOf(*server);
        for (const LocationNode& node : nodes) {
            warnOfStatus(cf, others, *server, node);
            if (!beginsGate(node)) {
                continue;
            }
            warnOfRulesBelow(cf, others, node, nodes);
            if (node.isPrefix) {
                warnOfPrefix(cf, others, node);
            }
            if (!node.isPrefix && !node.core->named) {
                warnOfEarlierExpressions(cf, *server, node);
            } else if (!node.core->exact_match && !node.core->named) {
                warnOfExpressions(cf, *server, node);
            }
        }
    }
}

ngx_int_t checkMarkVariables(ngx_conf_t* cf) {
    const std::vector<MarkSetting>& marks = *mainOf(cf).marks;
    const bool hasVariables = std::ranges::any_of(
        marks, [](const MarkSetting& mark) { return mark.value->lengths != nullptr; });
    if (!hasVariables) {
        return NGX_OK;
    }
    const OtherModules others(cf);
    const MapSources maps(cf);
    const SetVariables sets(cf, others);
    for (const MarkSetting& mark : marks) {
        const std::string name = setVariableOf(mark, sets, maps);
        if (!name.empty()) {
            refuseAt(
                cf, mark.position,
                "\"private_image_mark\" cannot depend on $" + name +
                    ", which \"set\" writes once for each request, not for each of its images, "
                    "write a map of $private_image_path, such as \"map $private_image_path $" +
                    name + " { ~^/secret/ 1; }\", and no \"set\"");
            return NGX_ERROR;
        }
    }
    return NGX_OK;
}

}  // namespace private_image
