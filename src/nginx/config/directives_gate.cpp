// What makes a location a gate: its dialect, its origin, its marks and its keys.
#include "base/ascii.hpp"
#include "nginx/config/directive_readers.hpp"
#include "nginx/config/directive_values.hpp"
#include "nginx/config/key_file.hpp"
#include "nginx/host/pool.hpp"

namespace private_image {

char* readGate(ngx_conf_t* cf, ngx_command_t* command, void* conf) {
    LocationConfig& location = locationOf(conf);
    if (char* result = readWord(cf, command, conf); result != NGX_CONF_OK) {
        return result;
    }
    location.gatePosition = makeInPool<Position>(cf->pool, here(cf));
    location.gateLocation = static_cast<ngx_http_core_loc_conf_t*>(
        ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module));
    return NGX_CONF_OK;
}

char* readOrigin(ngx_conf_t* cf, ngx_command_t*, void* conf) {
    LocationConfig& location = locationOf(conf);
    if (location.originSet != NGX_CONF_UNSET) {
        return duplicate();
    }
    location.originSet = 1;
    location.originPosition = makeInPool<Position>(cf->pool, here(cf));
    ngx_str_t& value = argumentsOf(cf)[0];
    if (value.len > 1 && value.data[0] == '@') {
        location.namedOrigin = value;
        return NGX_CONF_OK;
    }
    const bool isUri = value.len != 0 && (value.data[0] == '/' || value.data[0] == '$') &&
                       view(value).find_first_of("?#") == std::string_view::npos;
    if (!isUri) {
        return refuseValue(cf, view(value),
                           "the URI of an internal location without arguments, such as "
                           "/origin$private_image_path, "
                           "or a named location, such as @origin");
    }
    location.origin = compile(cf, &value);
    return location.origin == nullptr ? static_cast<char*>(NGX_CONF_ERROR) : NGX_CONF_OK;
}

char* readPrefix(ngx_conf_t* cf, ngx_command_t*, void* conf) {
    LocationConfig& location = locationOf(conf);
    if (location.prefix.data != nullptr) {
        return duplicate();
    }
    const std::string prefix = parsePrefix(view(argumentsOf(cf)[0]));
    if (prefix.empty()) {
        return refuseValue(cf, view(argumentsOf(cf)[0]),
                           "the path before the paths of images, such as /img/");
    }
    location.prefix = copyInto(cf->pool, prefix);
    location.prefixPosition = makeInPool<Position>(cf->pool, here(cf));
    return NGX_CONF_OK;
}

char* readFlags(ngx_conf_t* cf, ngx_command_t*, void* conf) {
    LocationConfig& location = locationOf(conf);
    if (location.flags != NGX_CONF_UNSET_PTR) {
        return duplicate();
    }
    location.flags = makeInPool<std::vector<std::string>>(cf->pool);
    for (const ngx_str_t& argument : argumentsOf(cf)) {
        if (!isHeaderName(view(argument))) {
            return refuseValue(cf, view(argument),
                               "names of response headers, such as Is-Private-File");
        }
        location.flags->push_back(toLowerCase(view(argument)));
    }
    return NGX_CONF_OK;
}

char* readMark(ngx_conf_t* cf, ngx_command_t* command, void* conf) {
    if (char* result = readComplexValue(cf, command, conf); result != NGX_CONF_OK) {
        return result;
    }
    const auto arguments = argumentsOf(cf);
    if (arguments.size() == 2 && view(arguments[1]) != "personal") {
        return refuseValue(cf, view(arguments[1]), "personal, or nothing");
    }
    locationOf(conf).isMarkPersonal = arguments.size() == 2;
    const bool isForAll = (cf->cmd_type & NGX_HTTP_MAIN_CONF) != 0;
    const void* server = ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module);
    mainOf(cf).marks->push_back({locationOf(conf).mark, isForAll ? nullptr : server, here(cf)});
    return NGX_CONF_OK;
}

char* readSignature(ngx_conf_t* cf, ngx_command_t* command, void* conf) {
    locationOf(conf).signaturePosition = makeInPool<Position>(cf->pool, here(cf));
    return readWord(cf, command, conf);
}

char* readMaxExpiry(ngx_conf_t* cf, ngx_command_t* command, void* conf) {
    auto& field = fieldOf<time_t>(conf, command);
    if (field != NGX_CONF_UNSET) {
        return duplicate();
    }
    ngx_str_t& value = argumentsOf(cf)[0];
    if (view(value) == "off") {
        field = 0;
        return NGX_CONF_OK;
    }
    const ngx_int_t time = ngx_parse_time(&value, 1);
    if (time == NGX_ERROR || time < 1) {
        return refuseValue(cf, view(value), "a time such as 7d, or off");
    }
    field = time;
    return NGX_CONF_OK;
}

char* readKey(ngx_conf_t* cf, ngx_command_t*, void* conf) {
    LocationConfig& location = locationOf(conf);
    const Arguments arguments = argumentsOf(cf);
    if (arguments.size() == 2 && view(arguments[1]) != "primary") {
        return refuseValue(cf, view(arguments[1]), "primary, or nothing");
    }
    ngx_str_t name = arguments[0];
    std::optional<Key> key = readKeyFile(cf, &name, "signing key");
    if (!key) {
        return static_cast<char*>(NGX_CONF_ERROR);
    }
    if (location.keys == NGX_CONF_UNSET_PTR) {
        location.keys = makeInPool<std::vector<KeySetting>>(cf->pool);
    }
    const bool isPrimary = arguments.size() == 2;
    for (const KeySetting& other : *location.keys) {
        if (isPrimary && other.primary) {
            return refuse(cf, "duplicate primary key " + quotedArgument(view(name)) +
                                  ", write primary after one key only");
        }
    }
    location.keys->push_back({std::move(*key), isPrimary});
    return NGX_CONF_OK;
}

}  // namespace private_image
