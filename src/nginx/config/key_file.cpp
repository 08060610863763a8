#include "nginx/config/key_file.hpp"

#include "nginx/config/directive_values.hpp"
#include "nginx/host/pool.hpp"

namespace private_image {

namespace {

constexpr std::size_t maxKeyFileSize = 64 << 10;

std::string baseName(std::string_view path) {
    return std::string(path.substr(path.find_last_of('/') + 1));
}

}  // namespace

std::optional<Key> readKeyFile(ngx_conf_t* cf, ngx_str_t* name, const char* kind) {
    FileContent file = readFile(cf, name, maxKeyFileSize);
    const std::string subject = kind + (' ' + quotedArgument(view(*name)));
    if (!file.error.empty()) {
        refuse(cf, "cannot read " + subject + ": " + file.error);
        return std::nullopt;
    }
    auto key = keyFromFile(std::move(file.bytes), baseName(view(*name)));
    if (!key) {
        refuse(cf, subject + ' ' + std::string(problemText(key.error())));
        return std::nullopt;
    }
    if (key->endsInBlank) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "%s ends in a carriage return or blank, which is part of the key: "
                           "signatures made without it will not verify",
                           subject.c_str());
    }
    if (file.othersMayRead) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0, "%s can be read by others, write chmod o-r",
                           subject.c_str());
    }
    return std::move(*key);
}

}  // namespace private_image
