#include "nginx/request/own_page.hpp"

namespace private_image {

bool isBuiltInPage(const RequestContext& context) {
    const ngx_uint_t error = context.r->err_status;
    return error != 0 && error != context.errorPage.statusSeen;
}

ngx_int_t refuseWithOwnPage(RequestContext& context) {
    ngx_http_request_t* r = context.r;
    context.answer.isOwnPage = true;
    r->error_page = 1;  // no error_page any more
    ngx_int_t status = context.access.status;
    if (!context.access.isRefused) {
        const bool isError = r->err_status >= NGX_HTTP_SPECIAL_RESPONSE;
        status = isError ? static_cast<ngx_int_t>(r->err_status) : NGX_HTTP_FORBIDDEN;
    }
    return ngx_http_filter_finalize_request(r, &ngx_http_private_image_module, status);
}

}  // namespace private_image
