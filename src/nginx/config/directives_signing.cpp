// The signing endpoint and the signed variables. Both have a dialect and a lifetime of URLs.
#include <optional>

#include "dialect/dialect.hpp"
#include "nginx/config/directive_readers.hpp"
#include "nginx/config/directive_values.hpp"
#include "nginx/config/installed_handlers.hpp"
#include "nginx/config/sign_settings.hpp"
#include "nginx/host/pool.hpp"

namespace private_image {
namespace {

constexpr std::int64_t maxLifetime = 3650LL * 86'400;
constexpr std::string_view windowOption = "window=";

// In seconds.
std::optional<std::int64_t> parseLifetime(std::string_view text) {
    ngx_str_t value = borrow(text);
    const ngx_int_t seconds = ngx_parse_time(&value, 1);
    const bool isInRange = seconds != NGX_ERROR && seconds >= 1 && seconds <= maxLifetime;
    return isInRange ? std::optional<std::int64_t>(seconds) : std::nullopt;
}

// Reads the two words that both directives have.
char* readCommon(ngx_conf_t* cf, const ngx_str_t& dialectWord, const ngx_str_t& timeWord,
                 Dialect& dialect, SignatureLifetime& lifetime) {
    const auto named = dialectFromName(view(dialectWord));
    if (!named) {
        return refuseValue(cf, view(dialectWord), dialectChoice);
    }
    const auto seconds = parseLifetime(view(timeWord));
    if (!seconds) {
        return refuseValue(cf, view(timeWord), "how long a URL is valid, from 1s to 3650d");
    }
    dialect = *named;
    lifetime.seconds = *seconds;
    return NGX_CONF_OK;
}

// Reads an argument that begins with "window=".
char* readWindow(ngx_conf_t* cf, std::string_view argument, SignatureLifetime& lifetime) {
    if (lifetime.window != 0) {
        return refuse(cf, "duplicate option " + quotedArgument(argument) + ", write window= once");
    }
    const auto window = parseLifetime(argument.substr(windowOption.size()));
    if (!window) {
        return refuseValue(cf, argument, "window=TIME with a TIME from 1s to 3650d");
    }
    lifetime.window = *window;
    return NGX_CONF_OK;
}

// `variable` lives as long as the configuration.
char* define(ngx_conf_t* cf, SignedVariable& variable) {
    // Not cacheable: the value may change within a request, and so may the location that uses it.
    ngx_http_variable_t* added =
        ngx_http_add_variable(cf, &variable.name, NGX_HTTP_VAR_NOCACHEABLE);
    if (added == nullptr) {
        return static_cast<char*>(NGX_CONF_ERROR);
    }
    if (added->get_handler != nullptr) {
        return refuse(cf, "the variable \"$" + std::string(view(variable.name)) +
                              "\" is defined already, write another name");
    }
    added->get_handler = installedHandlers.getSignedVariable;
    added->data = reinterpret_cast<uintptr_t>(&variable);
    return NGX_CONF_OK;
}

}  // namespace

char* readSign(ngx_conf_t* cf, ngx_command_t*, void* conf) {
    LocationConfig& location = locationOf(conf);
    if (location.sign != nullptr) {
        return duplicate();
    }
    auto* setting = makeInPool<SignSetting>(cf->pool);
    setting->position = here(cf);
    const Arguments arguments = argumentsOf(cf);
    char* result = readCommon(cf, arguments[0], arguments[1], setting->dialect, setting->lifetime);
    for (const ngx_str_t& argument : arguments.subspan(2)) {
        if (result != NGX_CONF_OK) {
            break;
        }
        const std::string_view word = view(argument);
        if (word.starts_with(windowOption)) {
            result = readWindow(cf, word, setting->lifetime);
        } else if (word == "from=any" && !setting->acceptsRemoteClients) {
            setting->acceptsRemoteClients = true;
        } else {
            result = refuseValue(cf, word, "window=TIME, from=any or nothing");
        }
    }
    location.sign = setting;
    return result;
}

char* readSigned(ngx_conf_t* cf, ngx_command_t*, void*) {
    const Arguments arguments = argumentsOf(cf);
    ngx_str_t name = arguments[0];
    if (!isVariableName(view(name))) {
        return refuseValue(cf, view(name), "the name of a variable, such as $photo");
    }
    name.data++;
    name.len--;
    auto* variable = makeInPool<SignedVariable>(cf->pool);
    variable->name = name;
    if (char* result =
            readCommon(cf, arguments[1], arguments[2], variable->dialect, variable->lifetime);
        result != NGX_CONF_OK) {
        return result;
    }
    variable->value = compile(cf, &arguments[3]);
    if (variable->value == nullptr) {
        return static_cast<char*>(NGX_CONF_ERROR);
    }
    if (arguments.size() == 5) {
        const std::string_view word = view(arguments[4]);
        char* result = word.starts_with(windowOption)
                           ? readWindow(cf, word, variable->lifetime)
                           : refuseValue(cf, word, "window=TIME or nothing");
        if (result != NGX_CONF_OK) {
            return result;
        }
    }
    mainOf(cf).signingRings->isNeededByVariables[static_cast<std::size_t>(variable->dialect)] =
        true;
    return define(cf, *variable);
}

}  // namespace private_image
