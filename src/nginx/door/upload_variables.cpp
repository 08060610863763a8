#include "nginx/door/upload_variables.hpp"

#include "nginx/door/door_call.hpp"
#include "nginx/host/variable_value.hpp"

namespace private_image {
namespace {

std::string outcomeText(const DoorCall& call) {
    return call.outcome() ? std::string(upload::outcomeWord(*call.outcome())) : std::string();
}

std::string pathText(const DoorCall& call) {
    return std::string(call.path());
}

std::string bytesText(const DoorCall& call) {
    return std::to_string(call.bytes());
}

template <std::string (*text)(const DoorCall&)>
ngx_int_t getVariable(ngx_http_request_t* r, ngx_http_variable_value_t* value, uintptr_t) {
    return setVariable(r, value, "evaluating a variable", [&] {
        const DoorCall* call = doorCallOf(r);
        return call == nullptr ? std::string() : text(*call);
    });
}

ngx_int_t addVariable(ngx_conf_t* cf, std::string_view name, ngx_http_get_variable_pt getHandler) {
    ngx_str_t text = borrow(name);
    ngx_http_variable_t* variable = ngx_http_add_variable(cf, &text, NGX_HTTP_VAR_NOCACHEABLE);
    if (variable == nullptr) {
        return NGX_ERROR;
    }
    variable->get_handler = getHandler;
    return NGX_OK;
}

}  // namespace

ngx_int_t addUploadVariables(ngx_conf_t* cf) {
    const bool isAdded =
        addVariable(cf, "private_image_upload", getVariable<outcomeText>) == NGX_OK &&
        addVariable(cf, "private_image_upload_path", getVariable<pathText>) == NGX_OK &&
        addVariable(cf, "private_image_upload_bytes", getVariable<bytesText>) == NGX_OK;
    return isAdded ? NGX_OK : NGX_ERROR;
}

}  // namespace private_image
