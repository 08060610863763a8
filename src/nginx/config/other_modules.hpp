// Settings of NGINX's own modules that those do not publish, for the checks of the configuration:
// access rules, codes of the rewrite module, sources of a map.
#pragma once

#include <vector>

#include "nginx/config/location_tree.hpp"
#include "nginx/host/ngx.hpp"

namespace private_image {

// Reads settings of NGINX's own modules; a module that is not built in has no settings.
class OtherModules {
public:
    explicit OtherModules(const ngx_conf_t* cf);

    // True if `inner` has access rules that do not hold in `outer`.
    bool isStricter(const LocationNode& inner, const LocationNode& outer) const;

    // True if `deny`, auth_basic, auth_request or `internal` guards the location.
    bool isGuarded(const LocationNode& node) const;

    // True if the rewrite module changes something in the location.
    bool rewrites(const LocationNode& node) const;

    // True if gzip_static sends compressed copies of the location's files.
    bool sendsCompressedCopies(const LocationNode& node) const;

    // What proxy does there that changes or keeps requests and answers of a bucket, as a directive,
    // such as "proxy_cache"; null: nothing.
    const char* proxyChangeIn(const LocationNode& node) const;

    // The codes of `set`, `if`, `rewrite` and `return`, or null. `settings` are those of all
    // modules.
    const ngx_array_t* rewriteCodes(void* const* settings) const;

private:
    bool isStricter(void* const* inner, void* const* outer) const;
    template <typename Settings>
    const Settings* settingsOf(const ngx_module_t* module, void* const* settings) const;

    const ngx_module_t* access_;
    const ngx_module_t* authBasic_;
    const ngx_module_t* authRequest_;
    const ngx_module_t* rewrite_;
    const ngx_module_t* gzipStatic_;
    const ngx_module_t* proxy_;
};

// The variables that the value of a variable is computed from, where `map` defines it.
class MapSources {
public:
    // Defines a map of its own, whose get handler shows which variables are maps.
    explicit MapSources(ngx_conf_t* cf);

    // The indexes of the variables in the source of the map `name`; empty if that is no map.
    std::vector<ngx_uint_t> of(const ngx_str_t& name) const;

private:
    const ngx_http_core_main_conf_t& core_;
    ngx_http_get_variable_pt mapHandler_ = nullptr;
};

// The indexes of the variables in a value.
std::vector<ngx_uint_t> variablesIn(const ngx_http_complex_value_t& value);

// The variable that a directive defined; null if no directive defined that name.
const ngx_http_variable_t* definedVariable(const ngx_http_core_main_conf_t& core,
                                           const ngx_str_t& name);

// True if one of the codes sets the variable.
bool setsVariable(const ngx_array_t& codes, ngx_uint_t index);

}  // namespace private_image
