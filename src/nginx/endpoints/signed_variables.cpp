#include "nginx/endpoints/signed_variables.hpp"

#include "dialect/url_signer.hpp"
#include "nginx/config/sign_settings.hpp"
#include "nginx/host/pool.hpp"
#include "nginx/host/variable_value.hpp"

namespace private_image {
namespace {

// Level error for an invalid configuration, warn for an invalid value, which a client may have
// sent.
void logUnsigned(ngx_http_request_t* r, ngx_uint_t level, const ngx_str_t& name,
                 std::string_view why) {
    ngx_log_error(level, r->connection->log, 0, "private_image: $%V is empty: %*s", &name,
                  why.size(), why.data());
}

// Empty if the value is empty or cannot be signed.
std::string signedText(ngx_http_request_t* r, const SignedVariable& variable,
                       std::string_view url) {
    if (url.empty()) {
        return {};
    }
    const Signer* signer = locationConfig(r)->signer;
    if (signer == nullptr || signer->prefix.empty()) {
        logUnsigned(r, NGX_LOG_ERR, variable.name,
                    signer == nullptr ? "its location has no private_image_key"
                                      : "its location has no private_image_prefix");
        return {};
    }
    // The time at which the request began, so that a value that is used twice is the same.
    const auto signedUrl = signer->sign(
        variable.dialect, url,
        expiryOf(r->main->start_sec, variable.lifetime.seconds, variable.lifetime.window));
    if (!signedUrl) {
        logUnsigned(r, NGX_LOG_WARN, variable.name, signedUrl.error());
        return {};
    }
    return *signedUrl;
}

}  // namespace

ngx_int_t getSignedVariable(ngx_http_request_t* r, ngx_http_variable_value_t* value,
                            uintptr_t data) {
    // NOLINTNEXTLINE(performance-no-int-to-ptr): the number is how NGINX passes a variable's data
    const auto& variable = *reinterpret_cast<const SignedVariable*>(data);
    ngx_str_t url;
    if (ngx_http_complex_value(r, variable.value, &url) != NGX_OK) {
        return NGX_ERROR;
    }
    return setVariable(r, value, "signing a variable",
                       [&] { return signedText(r, variable, view(url)); });
}

}  // namespace private_image
