// The structures below have the same first members as NGINX's own, in every version from 1.22 on.
#include "nginx/config/other_modules.hpp"

#include <cstdint>
#include <cstring>
#include <string_view>

#include "nginx/host/pool.hpp"

namespace private_image {
namespace {

// ------------------------------------------------------------------ settings of other modules

struct AccessRule {
    in_addr_t mask, address;
    ngx_uint_t isDeny;
};

#if (NGX_HAVE_INET6)
struct AccessRule6 {
    in6_addr address, mask;
    ngx_uint_t isDeny;
};
#endif

#if (NGX_HAVE_UNIX_DOMAIN)
struct AccessRuleUnix {
    ngx_uint_t isDeny;
};
#endif

struct AccessSettings {
    ngx_array_t* rules;
#if (NGX_HAVE_INET6)
    ngx_array_t* rules6;
#endif
#if (NGX_HAVE_UNIX_DOMAIN)
    ngx_array_t* rulesUnix;
#endif
};

struct AuthBasicSettings {
    ngx_http_complex_value_t* realm;
    ngx_http_complex_value_t* userFile;
};

struct AuthRequestSettings {
    ngx_str_t uri;
};

struct RewriteSettings {
    ngx_array_t* codes;
};

struct GzipStaticSettings {
    ngx_uint_t mode;  // 0: off
};

struct ProxySettings {
    ngx_http_upstream_conf_t upstream;
};

struct MapSettings {
    ngx_http_map_t map;
    ngx_http_complex_value_t source;
};

const ngx_module_t* moduleNamed(const ngx_conf_t* cf, std::string_view name) {
    for (ngx_module_t** module = cf->cycle->modules; *module != nullptr; module++) {
        if ((*module)->name == name) {
            return *module;
        }
    }
    return nullptr;
}

// ------------------------------------------------------------------ access rules

template <typename Rule>
bool hasDeny(const ngx_array_t* rules) {
    if (rules == nullptr) {
        return false;
    }
    const auto* rule = static_cast<const Rule*>(rules->elts);
    for (ngx_uint_t i = 0; i < rules->nelts; i++) {
        if (rule[i].isDeny != 0) {
            return true;
        }
    }
    return false;
}

bool hasDeny(const AccessSettings& settings) {
    bool isFound = hasDeny<AccessRule>(settings.rules);
#if (NGX_HAVE_INET6)
    isFound = isFound || hasDeny<AccessRule6>(settings.rules6);
#endif
#if (NGX_HAVE_UNIX_DOMAIN)
    isFound = isFound || hasDeny<AccessRuleUnix>(settings.rulesUnix);
#endif
    return isFound;
}

bool isSameArray(const ngx_array_t* one, const ngx_array_t* other) {
    if (one == other || one == nullptr || other == nullptr) {
        return one == other;
    }
    return one->nelts == other->nelts && one->size == other->size &&
           std::memcmp(one->elts, other->elts, one->nelts * one->size) == 0;
}

bool isSame(const AccessSettings& one, const AccessSettings& other) {
    bool isEqual = isSameArray(one.rules, other.rules);
#if (NGX_HAVE_INET6)
    isEqual = isEqual && isSameArray(one.rules6, other.rules6);
#endif
#if (NGX_HAVE_UNIX_DOMAIN)
    isEqual = isEqual && isSameArray(one.rulesUnix, other.rulesUnix);
#endif
    return isEqual;
}

std::string_view textOf(const ngx_http_complex_value_t* value) {
    const bool isWritten = value != nullptr && value != NGX_CONF_UNSET_PTR;
    return isWritten ? view(value->value) : std::string_view();
}

bool isOn(const AuthBasicSettings& settings) {
    const std::string_view realm = textOf(settings.realm);
    return !realm.empty() && realm != "off";
}

// The status of a "return" that is the first code; 0 if the first code is not a "return".
ngx_uint_t returnedAtOnce(const ngx_array_t* codes) {
    if (codes == nullptr || codes->nelts < sizeof(ngx_http_script_return_code_t)) {
        return 0;
    }
    const auto& first = *static_cast<const ngx_http_script_return_code_t*>(codes->elts);
    return first.code == ngx_http_script_return_code ? first.status : 0;
}

}  // namespace

OtherModules::OtherModules(const ngx_conf_t* cf)
    : access_(moduleNamed(cf, "ngx_http_access_module")),
      authBasic_(moduleNamed(cf, "ngx_http_auth_basic_module")),
      authRequest_(moduleNamed(cf, "ngx_http_auth_request_module")),
      rewrite_(moduleNamed(cf, "ngx_http_rewrite_module")),
      gzipStatic_(moduleNamed(cf, "ngx_http_gzip_static_module")),
      proxy_(moduleNamed(cf, "ngx_http_proxy_module")) {}

template <typename Settings>
const Settings* OtherModules::settingsOf(const ngx_module_t* module, void* const* settings) const {
    return module == nullptr ? nullptr : static_cast<const Settings*>(settings[module->ctx_index]);
}

const char* OtherModules::proxyChangeIn(const LocationNode& node) const {
    const auto* settings = settingsOf<ProxySettings>(proxy_, node.core->loc_conf);
    if (settings == nullptr) {
        return nullptr;
    }
    const ngx_http_upstream_conf_t& upstream = settings->upstream;
    if (upstream.cache != 0) {
        return "proxy_cache";
    }
    if (upstream.store != 0) {
        return "proxy_store";
    }
    if (upstream.pass_request_headers == 0) {
        return "proxy_pass_request_headers off";
    }
    if (upstream.pass_request_body == 0) {
        return "proxy_pass_request_body off";
    }
    for (const ngx_command_t* command = proxy_->commands; command->name.len != 0; command++) {
        const bool replaces =
            view(command->name) == "proxy_method" || view(command->name) == "proxy_set_body";
        // Both members begin with a pointer or a length, which is zero where nothing is set.
        const auto* value = reinterpret_cast<const std::size_t*>(
            reinterpret_cast<const char*>(settings) + command->offset);
        if (replaces && *value != 0) {
            return view(command->name) == "proxy_method" ? "proxy_method" : "proxy_set_body";
        }
    }
    return nullptr;
}

bool OtherModules::isStricter(void* const* inner, void* const* outer) const {
    const auto* rules = settingsOf<AccessSettings>(access_, inner);
    if (rules != nullptr && hasDeny(*rules) &&
        !isSame(*rules, *settingsOf<AccessSettings>(access_, outer))) {
        return true;
    }
    const auto* basic = settingsOf<AuthBasicSettings>(authBasic_, inner);
    if (basic != nullptr && isOn(*basic)) {
        const auto& other = *settingsOf<AuthBasicSettings>(authBasic_, outer);
        if (!isOn(other) || textOf(basic->userFile) != textOf(other.userFile)) {
            return true;
        }
    }
    const auto* request = settingsOf<AuthRequestSettings>(authRequest_, inner);
    return request != nullptr && request->uri.len != 0 &&
           view(request->uri) != view(settingsOf<AuthRequestSettings>(authRequest_, outer)->uri);
}

bool OtherModules::isStricter(const LocationNode& inner, const LocationNode& outer) const {
    void* const* within = inner.core->loc_conf;
    void* const* around = outer.core->loc_conf;
    if (isStricter(within, around) || (inner.core->internal && !outer.core->internal)) {
        return true;
    }
    const bool limitsGet = (inner.core->limit_except & NGX_HTTP_GET) != 0;
    if (limitsGet && isStricter(inner.core->limit_except_loc_conf, around)) {
        return true;
    }
    const bool needsAll =
        inner.core->satisfy == NGX_HTTP_SATISFY_ALL && outer.core->satisfy == NGX_HTTP_SATISFY_ANY;
    return (needsAll && isGuarded(inner)) ||
           returnedAtOnce(rewriteCodes(within)) >= NGX_HTTP_BAD_REQUEST;
}

bool OtherModules::isGuarded(const LocationNode& node) const {
    void* const* settings = node.core->loc_conf;
    const auto* rules = settingsOf<AccessSettings>(access_, settings);
    const auto* basic = settingsOf<AuthBasicSettings>(authBasic_, settings);
    const auto* request = settingsOf<AuthRequestSettings>(authRequest_, settings);
    return node.core->internal || (rules != nullptr && hasDeny(*rules)) ||
           (basic != nullptr && isOn(*basic)) || (request != nullptr && request->uri.len != 0);
}

bool OtherModules::sendsCompressedCopies(const LocationNode& node) const {
    const auto* settings = settingsOf<GzipStaticSettings>(gzipStatic_, node.core->loc_conf);
    return settings != nullptr && settings->mode != 0;
}

const ngx_array_t* OtherModules::rewriteCodes(void* const* settings) const {
    const auto* rewrite = settingsOf<RewriteSettings>(rewrite_, settings);
    return rewrite == nullptr ? nullptr : rewrite->codes;
}

bool OtherModules::rewrites(const LocationNode& node) const {
    return rewriteCodes(node.core->loc_conf) != nullptr;
}

// ------------------------------------------------------------------ variables

std::vector<ngx_uint_t> variablesIn(const ngx_http_complex_value_t& value) {
    std::vector<ngx_uint_t> indexes;
    for (const ngx_uint_t* index = value.flushes;
         index != nullptr && *index != static_cast<ngx_uint_t>(-1); index++) {
        indexes.push_back(*index);
    }
    return indexes;
}

const ngx_http_variable_t* definedVariable(const ngx_http_core_main_conf_t& core,
                                           const ngx_str_t& name) {
    const auto* keys = static_cast<const ngx_hash_key_t*>(core.variables_keys->keys.elts);
    for (ngx_uint_t i = 0; i < core.variables_keys->keys.nelts; i++) {
        if (view(keys[i].key) == view(name)) {
            return static_cast<const ngx_http_variable_t*>(keys[i].value);
        }
    }
    return nullptr;
}

// Each code begins with its function; in the code of "set" the variable's index follows.
bool setsVariable(const ngx_array_t& codes, ngx_uint_t index) {
    constexpr std::size_t word = sizeof(std::uintptr_t);
    const auto* bytes = static_cast<const unsigned char*>(codes.elts);
    const std::size_t size = codes.nelts * codes.size;
    for (std::size_t at = 0; at + 2 * word <= size; at += word) {
        std::uintptr_t pair[2];
        std::memcpy(pair, bytes + at, sizeof(pair));
        if (pair[0] == reinterpret_cast<std::uintptr_t>(&ngx_http_script_set_var_code) &&
            pair[1] == index) {
            return true;
        }
    }
    return false;
}

// Runs the directive "map" on an empty block, in the way in which NGINX reads the option -g.
MapSources::MapSources(ngx_conf_t* cf)
    : core_(*static_cast<ngx_http_core_main_conf_t*>(
          ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module))) {
    const ngx_module_t* module = moduleNamed(cf, "ngx_http_map_module");
    ngx_command_t* command = module == nullptr ? nullptr : module->commands;
    while (command != nullptr && command->name.len != 0 && view(command->name) != "map") {
        command++;
    }
    ngx_array_t* arguments = ngx_array_create(cf->pool, 3, sizeof(ngx_str_t));
    if (command == nullptr || command->name.len == 0 || arguments == nullptr) {
        return;
    }
    static ngx_str_t words[] = {ngx_string("map"), ngx_string("$uri"),
                                ngx_string("$private_image_probe")};
    auto* copies = static_cast<ngx_str_t*>(ngx_array_push_n(arguments, 3));
    if (copies == nullptr) {
        return;
    }
    for (std::size_t i = 0; i < 3; i++) {
        copies[i] = copyInto(cf->pool, view(words[i]));
    }
    const ngx_str_t name = copyInto(cf->pool, view(copies[2]).substr(1));
    u_char nothing = 0;
    ngx_buf_t empty{};
    empty.start = empty.pos = empty.last = empty.end = &nothing;
    ngx_conf_file_t file{};
    file.file.fd = NGX_INVALID_FILE;
    file.buffer = &empty;
    ngx_conf_t inner = *cf;
    inner.conf_file = &file;
    inner.args = arguments;
    auto* main = static_cast<ngx_http_conf_ctx_t*>(cf->ctx)->main_conf[module->ctx_index];
    if (command->set(&inner, command, main) == NGX_CONF_OK) {
        const ngx_http_variable_t* probe = definedVariable(core_, name);
        mapHandler_ = probe == nullptr ? nullptr : probe->get_handler;
    }
}

std::vector<ngx_uint_t> MapSources::of(const ngx_str_t& name) const {
    const ngx_http_variable_t* variable = definedVariable(core_, name);
    if (variable == nullptr || mapHandler_ == nullptr || variable->get_handler != mapHandler_) {
        return {};
    }
    return variablesIn(reinterpret_cast<const MapSettings*>(variable->data)->source);
}

}  // namespace private_image
