#include "nginx/s3_origin/variables.hpp"

#include <vector>

#include "base/encoding.hpp"
#include "nginx/config/location_config.hpp"
#include "nginx/host/pool.hpp"
#include "nginx/host/variable_value.hpp"
#include "nginx/s3_origin/bucket_call.hpp"
#include "nginx/s3_origin/s3_module.hpp"

namespace private_image {
namespace {

using ReadVariable = std::string (*)(S3Setting& setting, ngx_http_request_t* r);

// Only reads and a door's own requests are signed: no client's request may change or list the
// storage.
bool isSigned(ngx_http_request_t* r) {
    return r->method == NGX_HTTP_GET || r->method == NGX_HTTP_HEAD || bucketCallOf(r) != nullptr;
}

template <ReadVariable read>
ngx_int_t get(ngx_http_request_t* r, ngx_http_variable_value_t* value, uintptr_t) {
    return setVariable(r, value, "signing a request to S3", [&] {
        S3Setting* setting = s3Location(r)->setting;
        return setting != nullptr && isSigned(r) ? read(*setting, r) : std::string();
    });
}

// The part of the URI that is the location's and not the object's. Empty for a named location, and
// without a gate also for a regular expression or an exact name.
std::string_view prefixOf(ngx_http_request_t* r) {
    if (const Gate* gate = locationConfig(r)->gate) {
        return gate->prefix;
    }
    const auto* core = static_cast<ngx_http_core_loc_conf_t*>(
        ngx_http_get_module_loc_conf(r, ngx_http_core_module));
#if (NGX_PCRE)
    if (core->regex != nullptr) {
        return {};
    }
#endif
    const std::string_view name = view(core->name);
    return core->exact_match || core->named || name.starts_with('@') ? std::string_view() : name;
}

std::string path(S3Setting& setting, ngx_http_request_t* r) {
    std::string_view object = view(r->uri);
    const std::string_view prefix = prefixOf(r);
    if (object.starts_with(prefix)) {
        object.remove_prefix(prefix.size());
    }
    return setting.path + (object.starts_with('/') ? "" : "/") + percentEncodePath(object);
}

// proxy_cache turns a client's HEAD into a GET.
std::string_view methodOf(ngx_http_request_t* r) {
    return r->upstream != nullptr && r->upstream->method.len != 0 ? view(r->upstream->method)
                                                                  : view(r->method_name);
}

std::string_view contentSha256Of(ngx_http_request_t* r) {
    const BucketCall* call = bucketCallOf(r);
    return call != nullptr ? call->contentSha256 : unsignedPayload;
}

// A door's own; their names are in lower case.
std::vector<StorageHeader> amazonHeaders(ngx_http_request_t* r) {
    std::vector<StorageHeader> headers;
    if (bucketCallOf(r) != nullptr) {
        forEach<ngx_table_elt_t>(r->headers_in.headers, [&](const ngx_table_elt_t& header) {
            if (view(header.key).starts_with("x-amz-")) {
                headers.push_back({view(header.key), view(header.value)});
            }
            return true;
        });
    }
    return headers;
}

std::string authorization(S3Setting& setting, ngx_http_request_t* r) {
    const std::string escaped = path(setting, r);
    const std::vector<StorageHeader> headers = amazonHeaders(r);
    return setting.credentials.current(r->connection->log)
        .authorization(
            {methodOf(r), setting.host, escaped, r->start_sec, contentSha256Of(r), headers});
}

// The time at which the request began, for all its variables.
std::string date(S3Setting&, ngx_http_request_t* r) {
    return signingDate(r->start_sec);
}

std::string token(S3Setting& setting, ngx_http_request_t* r) {
    return std::string(setting.credentials.current(r->connection->log).sessionToken());
}

std::string contentSha256(S3Setting&, ngx_http_request_t* r) {
    return std::string(contentSha256Of(r));
}

constexpr struct {
    const char* name;
    ngx_http_get_variable_pt handler;
} known[] = {
    {"s3_path", get<path>},   {"s3_authorization", get<authorization>},  {"s3_date", get<date>},
    {"s3_token", get<token>}, {"s3_content_sha256", get<contentSha256>},
};

}  // namespace

ngx_int_t addS3Variables(ngx_conf_t* cf) {
    for (const auto& entry : known) {
        ngx_str_t name = copyInto(cf->pool, std::string("private_image_") + entry.name);
        // Not cacheable: a request and its subrequests share values, but not what they ask for. Not
        // hashed: they are never looked up at run time, and long names fill the hash of variables.
        ngx_http_variable_t* variable =
            ngx_http_add_variable(cf, &name, NGX_HTTP_VAR_NOCACHEABLE | NGX_HTTP_VAR_NOHASH);
        if (variable == nullptr) {
            return NGX_ERROR;
        }
        variable->get_handler = entry.handler;
    }
    return NGX_OK;
}

}  // namespace private_image
