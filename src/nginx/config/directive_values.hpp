// Shared by the readers of directives: words, numbers, times, values with variables and files, and
// the [emerg] of an invalid value, which says what to write instead.
#pragma once

#include <span>
#include <string>

#include "base/setting_values.hpp"
#include "nginx/config/location_config.hpp"
#include "nginx/host/ngx.hpp"

namespace private_image {

// ------------------------------------------------------------------ a reader's arguments

using Arguments = std::span<ngx_str_t>;

Arguments argumentsOf(ngx_conf_t* cf);

// The position of the directive that is being read.
Position here(ngx_conf_t* cf);

inline LocationConfig& locationOf(void* conf) {
    return *static_cast<LocationConfig*>(conf);
}

template <typename T>
T& fieldOf(void* conf, ngx_command_t* command) {
    return *reinterpret_cast<T*>(static_cast<char*>(conf) + command->offset);
}

// ------------------------------------------------------------------ errors

// In double quotes, at most 200 characters.
std::string quotedArgument(std::string_view text);

// [emerg] with the position of the directive that is being read; both return NGX_CONF_ERROR.
char* refuse(ngx_conf_t* cf, const std::string& text);
char* refuseValue(ngx_conf_t* cf, std::string_view value, const std::string& advice);

inline char* duplicate() {
    return const_cast<char*>("is duplicate");
}

// ------------------------------------------------------------------ values

struct Word {
    const char* text;
    ngx_uint_t value;
};

// Compiles a value with variables. Null after an [emerg]. Throws std::bad_alloc.
ngx_http_complex_value_t* compile(ngx_conf_t* cf, ngx_str_t* value);

struct FileContent {
    std::string bytes;
    std::string error;  // empty: the file was read
    bool othersMayRead = false;
};

// Makes `name` a full path; a relative one is below the configuration's folder.
FileContent readFile(ngx_conf_t* cf, ngx_str_t* name, std::size_t maxSize);

// ------------------------------------------------------------------ readers for many directives

// Each stores into the field at `command->offset`, which no earlier directive may have set.

// `command->post` is an array of words that ends with a null text.
char* readWord(ngx_conf_t* cf, ngx_command_t* command, void* conf);

// `command->post` points at the Range of these two.
char* readCount(ngx_conf_t* cf, ngx_command_t* command, void* conf);
char* readSize(ngx_conf_t* cf, ngx_command_t* command, void* conf);

// From 1 ms to a day, in milliseconds.
char* readShortTime(ngx_conf_t* cf, ngx_command_t* command, void* conf);

// From 0 to 3650 days, in milliseconds.
char* readLongTime(ngx_conf_t* cf, ngx_command_t* command, void* conf);

// From 0 to 3650 days, in seconds; `off` is 0 if `command->post` is set.
char* readLifetime(ngx_conf_t* cf, ngx_command_t* command, void* conf);

char* readComplexValue(ngx_conf_t* cf, ngx_command_t* command, void* conf);

}  // namespace private_image
