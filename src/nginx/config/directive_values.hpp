// What readers of directives share: refusing with an [emerg] that says what to write instead, and
// reading words, numbers, times, values with variables and files. Knows no directive.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "nginx/config/location_config.hpp"
#include "nginx/host/ngx.hpp"

namespace private_image {

// ------------------------------------------------------------------ what a reader is given

using Arguments = std::span<ngx_str_t>;

Arguments argumentsOf(ngx_conf_t* cf);

// The place of the directive that is being read.
Position here(ngx_conf_t* cf);

inline LocationConfig& locationOf(void* conf) {
    return *static_cast<LocationConfig*>(conf);
}

template <typename T>
T& fieldOf(void* conf, ngx_command_t* command) {
    return *reinterpret_cast<T*>(static_cast<char*>(conf) + command->offset);
}

// ------------------------------------------------------------------ refusing

std::string quotedArgument(std::string_view text);

char* refuse(ngx_conf_t* cf, const std::string& text);

char* refuseValue(ngx_conf_t* cf, std::string_view value, const std::string& instead);

inline char* duplicate() {
    return const_cast<char*>("is duplicate");
}

// ------------------------------------------------------------------ values

struct Word {
    const char* text;
    ngx_uint_t value;
};

struct Range {
    std::uint64_t least, most;
    const char* instead;
};

// Decimal, with k, m or g for thousands, millions and billions.
std::optional<std::uint64_t> parseNumber(std::string_view text, const Range& range);

// Compiles a value with variables; null, and logged, if it is none.
ngx_http_complex_value_t* compile(ngx_conf_t* cf, ngx_str_t* value);

struct FileContent {
    std::string bytes;
    std::string problem;  // empty: read
    bool othersMayRead = false;
};

// Makes `name` a full path, from the configuration's folder on.
FileContent readFile(ngx_conf_t* cf, ngx_str_t* name, std::size_t longest);

// ------------------------------------------------------------------ readers for many directives

// `command->post` is an array of words that ends with a null text.
char* readWord(ngx_conf_t* cf, ngx_command_t* command, void* conf);

// `command->post` points at the Range of these two.
char* readNumber(ngx_conf_t* cf, ngx_command_t* command, void* conf);
char* readSize(ngx_conf_t* cf, ngx_command_t* command, void* conf);

// 1 ms to a day, in milliseconds.
char* readMilliseconds(ngx_conf_t* cf, ngx_command_t* command, void* conf);

// In milliseconds, 0 included.
char* readLongTime(ngx_conf_t* cf, ngx_command_t* command, void* conf);

// In seconds, 0 included, and `off` for it where `command->post` is set.
char* readLifetime(ngx_conf_t* cf, ngx_command_t* command, void* conf);

char* readComplexValue(ngx_conf_t* cf, ngx_command_t* command, void* conf);

}  // namespace private_image
