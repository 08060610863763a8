// Finds the lines of proxy_set_header in the proxy module's configuration, whose struct is not
// public: since ngx_conf_set_keyval_slot reads the directive, the offset of the lines is in the
// module's table of directives.

#include "nginx/s3_origin/headers.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "nginx/host/pool.hpp"

namespace private_image {
namespace {

struct Line {
    std::string_view name, value;
};

// proxy_set_header does not send lines with an empty value.
constexpr Line ownLines[] = {
    {"Authorization", "$private_image_s3_authorization"},
    {"x-amz-date", "$private_image_s3_date"},
    {"x-amz-content-sha256", "$private_image_s3_content_sha256"},
    {"x-amz-security-token", "$private_image_s3_token"},
};
constexpr std::string_view hostName = "Host";

const ngx_command_t* setHeaderCommand(const ngx_module_t* module) {
    for (const ngx_command_t* command = module->commands; command->name.len != 0; command++) {
        if (view(command->name) == "proxy_set_header") {
            return command->set == ngx_conf_set_keyval_slot ? command : nullptr;
        }
    }
    return nullptr;
}

// The member of the proxy module's configuration that has the lines of the current block; null if
// it does not exist.
ngx_array_t** proxyHeadersOf(ngx_conf_t* cf) {
    ngx_module_t** modules = cf->cycle->modules;
    for (ngx_uint_t i = 0; modules[i] != nullptr; i++) {
        if (std::string_view(modules[i]->name) != "ngx_http_proxy_module") {
            continue;
        }
        const ngx_command_t* command = setHeaderCommand(modules[i]);
        const auto* block = static_cast<ngx_http_conf_ctx_t*>(cf->ctx);
        auto* location = static_cast<char*>(block->loc_conf[modules[i]->ctx_index]);
        return command == nullptr ? nullptr
                                  : reinterpret_cast<ngx_array_t**>(location + command->offset);
    }
    return nullptr;
}

bool isSet(const ngx_array_t* lines) {
    return lines != nullptr && lines != NGX_CONF_UNSET_PTR;
}

bool isOwnName(const ngx_str_t& name) {
    const auto isSame = [&](std::string_view own) { return equalsIgnoringCase(view(name), own); };
    return isSame(hostName) || std::any_of(std::begin(ownLines), std::end(ownLines),
                                           [&](const Line& line) { return isSame(line.name); });
}

void add(ngx_pool_t* pool, ngx_array_t* lines, const Line& line) {
    auto* added = static_cast<ngx_keyval_t*>(ngx_array_push(lines));
    if (added == nullptr) {
        throw std::bad_alloc();
    }
    *added = {copyInto(pool, line.name), copyInto(pool, line.value)};
}

// S3 refuses requests with an x-amz-… header that is not signed.
void warnOfUnsigned(ngx_conf_t* cf, const ngx_str_t& name, const S3Setting& setting) {
    if (equalsIgnoringCase(view(name).substr(0, 6), "x-amz-")) {
        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "\"proxy_set_header %V\" is not signed by private_image_s3, so that S3 "
                      "refuses the request, remove it in %V:%ui",
                      &name, &setting.position.file, setting.position.line);
    }
}

ngx_array_t* withSigningHeaders(ngx_conf_t* cf, const ngx_array_t* written,
                                const S3Setting& setting) {
    ngx_pool_t* pool = cf->pool;
    ngx_array_t* lines = ngx_array_create(pool, 8, sizeof(ngx_keyval_t));
    if (lines == nullptr) {
        throw std::bad_alloc();
    }
    add(pool, lines, {hostName, setting.host});
    for (const Line& line : ownLines) {
        add(pool, lines, line);
    }
    const auto* others = written == nullptr ? nullptr : static_cast<ngx_keyval_t*>(written->elts);
    for (ngx_uint_t i = 0; written != nullptr && i < written->nelts; i++) {
        if (!isOwnName(others[i].key)) {
            add(pool, lines, {view(others[i].key), view(others[i].value)});
            warnOfUnsigned(cf, others[i].key, setting);
        }
    }
    return lines;
}

}  // namespace

ngx_array_t* writtenProxyHeaders(ngx_conf_t* cf) {
    ngx_array_t** member = proxyHeadersOf(cf);
    return member != nullptr && isSet(*member) ? *member : nullptr;
}

void addSigningHeaders(ngx_conf_t* cf, S3Location& location, const S3Location& parent) {
    ngx_array_t** member = proxyHeadersOf(cf);
    if (member == nullptr) {
        return;
    }
    const bool isWrittenHere = isSet(*member);
    location.headers = isWrittenHere ? *member : parent.headers;
    location.signsByItself = location.setting != nullptr && location.setting->isOfLocation;
    if (location.signsByItself) {
        *member = withSigningHeaders(cf, location.headers, *location.setting);
    } else if (parent.signsByItself && !isWrittenHere) {
        *member = location.headers;  // else it would inherit the headers added in the outer block
    }
}

}  // namespace private_image
