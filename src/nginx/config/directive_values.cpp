#include "nginx/config/directive_values.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <fstream>
#include <system_error>
#include <vector>

#include "nginx/host/pool.hpp"

namespace private_image {
namespace {

constexpr std::uint64_t maxSeconds = 3650ULL * 86'400;
constexpr Range shortTime{1, 86'400'000, "a time from 1ms to 1d, such as 10s"};
constexpr Range longTime{0, maxSeconds * 1000, "a time from 0 to 3650d, such as 10m"};
constexpr Range lifetime{0, maxSeconds, "a time from 0 to 3650d, such as 1h"};

std::string directiveName(ngx_conf_t* cf) {
    return std::string(view(*static_cast<ngx_str_t*>(cf->args->elts)));
}

// What NGINX's own parsers of sizes and times return; NGX_ERROR is outside every range.
bool isInRange(ngx_int_t value, const Range& range) {
    return value != NGX_ERROR && range.contains(static_cast<std::uint64_t>(value));
}

char* readMilliseconds(ngx_conf_t* cf, ngx_command_t* command, void* conf, const Range& range) {
    auto& field = fieldOf<ngx_msec_t>(conf, command);
    if (field != NGX_CONF_UNSET_MSEC) {
        return duplicate();
    }
    ngx_str_t& value = argumentsOf(cf)[0];
    const ngx_int_t time = ngx_parse_time(&value, 0);
    if (!isInRange(time, range)) {
        return refuseValue(cf, view(value), range.advice);
    }
    field = static_cast<ngx_msec_t>(time);
    return NGX_CONF_OK;
}

}  // namespace

// ------------------------------------------------------------------ arguments and errors

Arguments argumentsOf(ngx_conf_t* cf) {
    return {static_cast<ngx_str_t*>(cf->args->elts) + 1, cf->args->nelts - 1};
}

Position here(ngx_conf_t* cf) {
    return {cf->conf_file->file.name, cf->conf_file->line};
}

std::string quotedArgument(std::string_view text) {
    return '"' + std::string(text.substr(0, 200)) + '"';
}

char* refuse(ngx_conf_t* cf, const std::string& text) {
    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s", text.c_str());
    return static_cast<char*>(NGX_CONF_ERROR);
}

char* refuseValue(ngx_conf_t* cf, std::string_view value, const std::string& advice) {
    return refuse(cf, "invalid value " + quotedArgument(value) + " in " +
                          quotedArgument(directiveName(cf)) + ", write " + advice);
}

// ------------------------------------------------------------------ words and numbers

char* readWord(ngx_conf_t* cf, ngx_command_t* command, void* conf) {
    auto& field = fieldOf<ngx_uint_t>(conf, command);
    if (field != NGX_CONF_UNSET_UINT) {
        return duplicate();
    }
    std::vector<std::string_view> choices;
    const std::string_view value = view(argumentsOf(cf)[0]);
    for (auto* word = static_cast<const Word*>(command->post); word->text != nullptr; word++) {
        if (value == word->text) {
            field = word->value;
            return NGX_CONF_OK;
        }
        choices.emplace_back(word->text);
    }
    return refuseValue(cf, value, choicesText(choices));
}

char* readCount(ngx_conf_t* cf, ngx_command_t* command, void* conf) {
    auto& field = fieldOf<size_t>(conf, command);
    if (field != NGX_CONF_UNSET_SIZE) {
        return duplicate();
    }
    const auto& range = *static_cast<const Range*>(command->post);
    const auto count = parseCount(view(argumentsOf(cf)[0]), range);
    if (!count) {
        return refuseValue(cf, view(argumentsOf(cf)[0]), range.advice);
    }
    field = *count;
    return NGX_CONF_OK;
}

char* readSize(ngx_conf_t* cf, ngx_command_t* command, void* conf) {
    auto& field = fieldOf<size_t>(conf, command);
    if (field != NGX_CONF_UNSET_SIZE) {
        return duplicate();
    }
    ngx_str_t& value = argumentsOf(cf)[0];
    const off_t size = ngx_parse_offset(&value);
    const auto& range = *static_cast<const Range*>(command->post);
    if (!isInRange(size, range)) {
        return refuseValue(cf, view(value), range.advice);
    }
    field = static_cast<size_t>(size);
    return NGX_CONF_OK;
}

// ------------------------------------------------------------------ times

char* readShortTime(ngx_conf_t* cf, ngx_command_t* command, void* conf) {
    return readMilliseconds(cf, command, conf, shortTime);
}

char* readLongTime(ngx_conf_t* cf, ngx_command_t* command, void* conf) {
    return readMilliseconds(cf, command, conf, longTime);
}

char* readLifetime(ngx_conf_t* cf, ngx_command_t* command, void* conf) {
    auto& field = fieldOf<time_t>(conf, command);
    if (field != NGX_CONF_UNSET) {
        return duplicate();
    }
    ngx_str_t& value = argumentsOf(cf)[0];
    const bool isOff = command->post != nullptr && view(value) == "off";
    const ngx_int_t time = isOff ? 0 : ngx_parse_time(&value, 1);
    if (!isInRange(time, lifetime)) {
        return refuseValue(
            cf, view(value),
            std::string(lifetime.advice) + (command->post != nullptr ? ", or off" : ""));
    }
    field = time;
    return NGX_CONF_OK;
}

// ------------------------------------------------------------------ variables and files

ngx_http_complex_value_t* compile(ngx_conf_t* cf, ngx_str_t* value) {
    auto* compiled = static_cast<ngx_http_complex_value_t*>(
        ngx_pcalloc(cf->pool, sizeof(ngx_http_complex_value_t)));
    if (compiled == nullptr) {
        throw std::bad_alloc();
    }
    ngx_http_compile_complex_value_t request{};
    request.cf = cf;
    request.value = value;
    request.complex_value = compiled;
    return ngx_http_compile_complex_value(&request) == NGX_OK ? compiled : nullptr;
}

char* readComplexValue(ngx_conf_t* cf, ngx_command_t* command, void* conf) {
    auto& field = fieldOf<ngx_http_complex_value_t*>(conf, command);
    if (field != NGX_CONF_UNSET_PTR) {
        return duplicate();
    }
    field = compile(cf, &argumentsOf(cf)[0]);
    return field == nullptr ? static_cast<char*>(NGX_CONF_ERROR) : NGX_CONF_OK;
}

FileContent readFile(ngx_conf_t* cf, ngx_str_t* name, std::size_t maxSize) {
    FileContent content;
    if (ngx_conf_full_name(cf->cycle, name, 1) != NGX_OK) {
        content.error = "not enough memory";
        return content;
    }
    struct stat status {};
    const char* path = reinterpret_cast<const char*>(name->data);
    if (stat(path, &status) != 0) {
        content.error = std::generic_category().message(errno);
    } else if (S_ISDIR(status.st_mode)) {
        content.error = "it is a directory, name a file";
    } else if (!S_ISREG(status.st_mode)) {
        content.error = "it is not a regular file";
    } else if (static_cast<std::uint64_t>(status.st_size) > maxSize) {
        content.error = "it is longer than " + std::to_string(maxSize) + " bytes";
    }
    if (!content.error.empty()) {
        return content;
    }
    content.othersMayRead = (status.st_mode & S_IROTH) != 0;
    std::ifstream file(path, std::ios::binary);
    content.bytes.resize(static_cast<std::size_t>(status.st_size));
    if (!file ||
        (!content.bytes.empty() &&
         !file.read(content.bytes.data(), static_cast<std::streamsize>(content.bytes.size())))) {
        content.error = std::generic_category().message(errno == 0 ? EIO : errno);
    }
    return content;
}

}  // namespace private_image
