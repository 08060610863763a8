// Makes a request look as if one image had been asked for plainly, by its own clean URI, and
// refreshes variables accordingly.
#pragma once

#include <string_view>

#include "nginx/request/request.hpp"

namespace private_image {

// prefix + path, decoded.
ngx_str_t cleanUri(const RequestContext& context, std::string_view path);

// The decoded URI under which the image at `path` is fetched; with the identity, it distinguishes
// originals. NGX_ERROR where the value of private_image_origin does not begin with a slash.
ngx_int_t originUri(RequestContext& context, std::string_view path, ngx_str_t* uri);

// False if the location that handles `r` is not one for `uri`: alias and proxy_pass with a URI cut
// the location's name off it, so it must be there.
bool isHandledHere(ngx_http_request_t* r, const ngx_str_t& uri);

// The same escaped, as NGINX would send it to an origin.
ngx_str_t escapedUri(ngx_pool_t* pool, ngx_str_t uri);

// A copy of r's evaluated variables, those blank that may depend on the URI; what `set`,
// captures and auth_request left stays.
ngx_http_variable_value_t* freshVariables(ngx_http_request_t* r);

// Runs the location's regular expression on r's URI again, so that $1 and named captures are the
// clean path's; they are empty where it does not match.
ngx_int_t recapture(ngx_http_request_t* r);

// What the origin may see of the client's headers: nothing but Host. `keepConditions`: also
// Range and If-*.
ngx_int_t replaceHeaders(ngx_http_request_t* r, const ngx_http_headers_in_t& client,
                         bool keepConditions);

// Adds a header to what the origin is asked with.
ngx_int_t addRequestHeader(ngx_http_request_t* r, std::string_view name, std::string_view value);

// Shows the image's URI to everything that reads the main request, until restoreClientView().
ngx_int_t rewriteRequestForImage(RequestContext& context);

// The client's headers again, for the filters that follow.
void restoreClientHeaders(RequestContext& context);

// The client's URI, headers and variables again, for the log.
void restoreClientView(RequestContext& context);

// Evaluates `value` for the image at `path` as if it were asked for plainly in this location.
// `dependsOnClient`, where given: whether variables that depend on the client were used.
ngx_int_t evaluateForImage(RequestContext& context, std::string_view path,
                           ngx_http_complex_value_t* value, ngx_str_t* result,
                           bool* dependsOnClient = nullptr);

// Evaluates `value` for `r` as it stands; `dependsOnClient` as above.
ngx_int_t evaluateFresh(ngx_http_request_t* r, ngx_http_complex_value_t* value, ngx_str_t* result,
                        bool& dependsOnClient);

}  // namespace private_image
