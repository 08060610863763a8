// Rendering: queues and threads, source types, formats and their settings.
#include "base/encoding.hpp"
#include "nginx/config/directive_readers.hpp"
#include "nginx/config/directive_values.hpp"
#include "nginx/host/pool.hpp"
#include "nginx/rendering/render_queue.hpp"
#include "transform/canonical.hpp"

namespace private_image {
namespace {

constexpr const char* formatChoices = "jpeg, png, webp, avif, gif or jxl";

}  // namespace

char* readRenders(ngx_conf_t* cf, ngx_command_t*, void* conf) {
    LocationConfig& location = locationOf(conf);
    if (location.queue != NGX_CONF_UNSET_PTR) {
        return duplicate();
    }
    const Arguments arguments = argumentsOf(cf);
    const auto renders = parseUnsigned(view(arguments[0]), 1024);
    if (!renders || *renders == 0) {
        return refuseValue(cf, view(arguments[0]), "how many at once, from 1 to 1024");
    }
    auto* queue = makeInPool<RenderQueue>(cf->pool);
    queue->renders = *renders;
    if (arguments.size() == 2) {
        const std::string_view value = view(arguments[1]);
        const auto waiting =
            value.starts_with("queue=") ? parseUnsigned(value.substr(6), 65536) : std::nullopt;
        if (!waiting) {
            return refuseValue(cf, value, "queue=N with N from 0 to 65536");
        }
        queue->places = *waiting;
    }
    location.queue = queue;
    return NGX_CONF_OK;
}

char* readThreadPool(ngx_conf_t* cf, ngx_command_t*, void* conf) {
    LocationConfig& location = locationOf(conf);
    if (location.pool != NGX_CONF_UNSET_PTR) {
        return duplicate();
    }
    // NGINX itself refuses a pool that is never defined, and names this line.
    location.pool = ngx_thread_pool_add(cf, &argumentsOf(cf)[0]);
    return location.pool == nullptr ? static_cast<char*>(NGX_CONF_ERROR) : NGX_CONF_OK;
}

char* readSourceTypes(ngx_conf_t* cf, ngx_command_t*, void* conf) {
    LocationConfig& location = locationOf(conf);
    if (location.sourceTypes != NGX_CONF_UNSET_PTR) {
        return duplicate();
    }
    location.sourceTypes = makeInPool<std::vector<SourceType>>(cf->pool);
    for (const ngx_str_t& argument : argumentsOf(cf)) {
        const auto type = sourceTypeFromName(view(argument));
        if (!type) {
            return refuseValue(cf, view(argument),
                               "some of jpeg, png, webp, gif, avif, heic, tiff, svg, jxl");
        }
        location.sourceTypes->push_back(*type);
        mainOf(cf).typesToRead->push_back({*type, here(cf)});
    }
    return NGX_CONF_OK;
}

char* readFormat(ngx_conf_t* cf, ngx_command_t*, void* conf) {
    LocationConfig& location = locationOf(conf);
    if (location.format != NGX_CONF_UNSET_PTR) {
        return duplicate();
    }
    location.format = makeInPool<FormatSetting>(cf->pool);
    location.format->position = here(cf);
    const std::string_view value = view(argumentsOf(cf)[0]);
    if (value == "auto") {
        location.format->policy = FormatPolicy::automatic;
        return NGX_CONF_OK;
    }
    if (value == "source") {
        return NGX_CONF_OK;
    }
    const auto format = formatFromName(value);
    if (!format) {
        return refuseValue(cf, value, std::string("auto, source, ") + formatChoices);
    }
    location.format->policy = FormatPolicy::fixed;
    location.format->format = *format;
    mainOf(cf).formatsToWrite->push_back(*location.format);
    return NGX_CONF_OK;
}

char* readAutoFormats(ngx_conf_t* cf, ngx_command_t*, void* conf) {
    LocationConfig& location = locationOf(conf);
    if (location.autoFormats != NGX_CONF_UNSET_PTR) {
        return duplicate();
    }
    location.autoFormats = makeInPool<std::vector<Format>>(cf->pool);
    for (const ngx_str_t& argument : argumentsOf(cf)) {
        const auto format = formatFromName(view(argument));
        if (!format) {
            return refuseValue(cf, view(argument), std::string("some of ") + formatChoices);
        }
        location.autoFormats->push_back(*format);
        mainOf(cf).formatsToWrite->push_back({FormatPolicy::fixed, *format, here(cf)});
    }
    return NGX_CONF_OK;
}

char* readPerFormat(ngx_conf_t* cf, ngx_command_t* command, void* conf) {
    auto& field = fieldOf<std::vector<std::optional<std::uint8_t>>*>(conf, command);
    if (field != NGX_CONF_UNSET_PTR) {
        return duplicate();
    }
    field = makeInPool<std::vector<std::optional<std::uint8_t>>>(cf->pool, 6);
    const auto& range = *static_cast<const Range*>(command->post);
    for (const ngx_str_t& argument : argumentsOf(cf)) {
        const std::string_view value = view(argument);
        const std::size_t equals = std::min(value.find('='), value.size());
        const auto format = formatFromName(value.substr(0, equals));
        const auto number =
            equals == value.size() ? std::nullopt : parseCount(value.substr(equals + 1), range);
        if (!format || !number) {
            return refuseValue(cf, value, range.advice);
        }
        auto& entry = (*field)[static_cast<std::size_t>(*format)];
        if (entry) {
            return refuse(cf, "duplicate format in " + quotedArgument(value));
        }
        entry = static_cast<std::uint8_t>(*number);
    }
    return NGX_CONF_OK;
}

}  // namespace private_image
