#include "nginx/request/request_rewriting.hpp"

#include <algorithm>
#include <iterator>

#include "access/host_name.hpp"
#include "nginx/host/pool.hpp"

namespace private_image {

ngx_str_t cleanUri(const RequestContext& context, std::string_view path) {
    const std::string_view prefix = context.gate.prefix;
    ngx_str_t uri = allocateIn(context.r->pool, prefix.size() + path.size() - 1);
    u_char* rest = ngx_cpymem(uri.data, prefix.data(), prefix.size());
    ngx_memcpy(rest, path.data() + 1, path.size() - 1);
    return uri;
}

ngx_int_t originUri(RequestContext& context, std::string_view path, ngx_str_t* uri) {
    if (context.gate.origin == nullptr) {
        *uri = cleanUri(context, path);
        return NGX_OK;
    }
    const ngx_int_t rc = evaluateForImage(context, path, context.gate.origin, uri);
    return rc == NGX_OK && uri->len != 0 && uri->data[0] == '/' ? NGX_OK : NGX_ERROR;
}

bool isHandledHere(ngx_http_request_t* r, const ngx_str_t& uri) {
    const auto* core = static_cast<ngx_http_core_loc_conf_t*>(
        ngx_http_get_module_loc_conf(r, ngx_http_core_module));
#if (NGX_PCRE)
    if (core->regex != nullptr) {
        return true;
    }
#endif
    return core->named || view(core->name).starts_with('@') ||
           view(uri).starts_with(view(core->name));
}

ngx_str_t escapedUri(ngx_pool_t* pool, ngx_str_t uri) {
    const std::uintptr_t escapes = ngx_escape_uri(nullptr, uri.data, uri.len, NGX_ESCAPE_URI);
    if (escapes == 0) {
        return uri;
    }
    const ngx_str_t escaped = allocateIn(pool, uri.len + 2 * escapes);
    ngx_escape_uri(escaped.data, uri.data, uri.len, NGX_ESCAPE_URI);
    return escaped;
}

// ------------------------------------------------------------------ variables

namespace {

// `set` leaves weak values, which stay the client's; captures and auth_request_set have values
// that their own handler cannot find again, so those stay too. Maps and the like are blanked.
bool survives(ngx_http_request_t* r, const ngx_http_variable_t& variable) {
    if (variable.flags & NGX_HTTP_VAR_WEAK) {
        return true;
    }
    if (!(variable.flags & NGX_HTTP_VAR_CHANGEABLE) || variable.get_handler == nullptr) {
        return false;
    }
    ngx_http_variable_value_t scratch{};
    return variable.get_handler(r, &scratch, variable.data) != NGX_OK || scratch.not_found;
}

}  // namespace

ngx_http_variable_value_t* freshVariables(ngx_http_request_t* r) {
    auto* core = static_cast<ngx_http_core_main_conf_t*>(
        ngx_http_get_module_main_conf(r, ngx_http_core_module));
    const ngx_uint_t count = core->variables.nelts;
    auto* known = static_cast<ngx_http_variable_t*>(core->variables.elts);
    auto* values = static_cast<ngx_http_variable_value_t*>(
        ngx_pcalloc(r->pool, count * sizeof(ngx_http_variable_value_t)));
    if (values == nullptr) {
        throw std::bad_alloc();
    }
    ngx_http_variable_value_t* old = r->variables;
    r->variables = values;
    for (ngx_uint_t i = 0; i < count; i++) {
        if ((old[i].valid || old[i].not_found) && survives(r, known[i])) {
            values[i] = old[i];
        }
    }
    // A handler that was asked may have filled others on its way; they are evaluated anew.
    for (ngx_uint_t i = 0; i < count; i++) {
        const bool kept = (old[i].valid || old[i].not_found) && values[i].data == old[i].data &&
                          values[i].len == old[i].len;
        if (!kept) {
            values[i] = {};
        }
    }
    r->variables = old;
    return values;
}

ngx_int_t recapture(ngx_http_request_t* r) {
#if (NGX_PCRE)
    auto* core = static_cast<ngx_http_core_loc_conf_t*>(
        ngx_http_get_module_loc_conf(r, ngx_http_core_module));
    if (core->regex == nullptr) {
        return NGX_OK;
    }
    r->realloc_captures = 1;  // the parent request may use the old ones
    const ngx_int_t rc = ngx_http_regex_exec(r, core->regex, &r->uri);
    if (rc == NGX_OK) {
        return NGX_OK;
    }
    r->ncaptures = 0;
    for (ngx_uint_t i = 0; i < core->regex->nvariables; i++) {
        ngx_http_variable_value_t& value = r->variables[core->regex->variables[i].index];
        value = {};
        value.not_found = 1;
    }
    return rc == NGX_DECLINED ? NGX_OK : NGX_ERROR;
#else
    return NGX_OK;
#endif
}

// ------------------------------------------------------------------ headers

namespace {

bool isCondition(const ngx_table_elt_t& header) {
    const std::string_view name{reinterpret_cast<const char*>(header.lowcase_key), header.key.len};
    return name == "range" || name.starts_with("if-");
}

}  // namespace

ngx_int_t replaceHeaders(ngx_http_request_t* r, const ngx_http_headers_in_t& client,
                         bool keepConditions) {
    ngx_http_headers_in_t headers{};
    if (ngx_list_init(&headers.headers, r->pool, 4, sizeof(ngx_table_elt_t)) != NGX_OK) {
        return NGX_ERROR;
    }
#if (nginx_version < 1023000)
    if (ngx_array_init(&headers.cookies, r->pool, 1, sizeof(ngx_table_elt_t*)) != NGX_OK) {
        return NGX_ERROR;
    }
#endif
    headers.content_length_n = -1;
    headers.keep_alive_n = -1;
    headers.server = client.server;
    headers.connection_type = client.connection_type;
    bool isComplete = true;
    forEach<ngx_table_elt_t>(const_cast<ngx_list_t&>(client.headers), [&](ngx_table_elt_t& from) {
        const bool isHost = &from == client.host;
        if (!isHost && !(keepConditions && isCondition(from))) {
            return true;
        }
        auto* to = static_cast<ngx_table_elt_t*>(ngx_list_push(&headers.headers));
        if (to == nullptr) {
            isComplete = false;
            return false;
        }
        *to = from;
        if (isHost) {
            headers.host = to;
            if (!namesHost(view(from.value), view(client.server))) {
                to->value = client.server;
            }
        }
        return true;
    });
    if (keepConditions) {
        headers.range = client.range;
        headers.if_range = client.if_range;
        headers.if_match = client.if_match;
        headers.if_none_match = client.if_none_match;
        headers.if_modified_since = client.if_modified_since;
        headers.if_unmodified_since = client.if_unmodified_since;
    }
    r->headers_in = headers;
    if (isComplete) {
        // A list whose only part is its own was copied: its tail must point into the copy.
        if (headers.headers.last == &headers.headers.part) {
            r->headers_in.headers.last = &r->headers_in.headers.part;
        }
        return NGX_OK;
    }
    return NGX_ERROR;
}

ngx_int_t addRequestHeader(ngx_http_request_t* r, std::string_view name, std::string_view value) {
    auto* header = static_cast<ngx_table_elt_t*>(ngx_list_push(&r->headers_in.headers));
    if (header == nullptr) {
        return NGX_ERROR;
    }
    *header = {};
    header->key = copyInto(r->pool, name);
    header->value = copyInto(r->pool, value);
    header->lowcase_key = copyInto(r->pool, name).data;
    header->hash = ngx_hash_strlow(header->lowcase_key, header->key.data, header->key.len);
    return NGX_OK;
}

// ------------------------------------------------------------------ the main request

ngx_int_t rewriteRequestForImage(RequestContext& context) {
    ngx_http_request_t* r = context.r;
    context.saved = SavedRequest{};
    SavedRequest& saved = *context.saved;
    saved.uri = r->uri;
    saved.args = r->args;
    saved.unparsedUri = r->unparsed_uri;
    saved.exten = r->exten;
    saved.headersIn = r->headers_in;
    saved.validUnparsedUri = r->valid_unparsed_uri;
    saved.quotedUri = r->quoted_uri;
    saved.variables = r->variables;

    r->uri = cleanUri(context, context.target.parsed->path);
    r->unparsed_uri = escapedUri(r->pool, r->uri);
    r->valid_unparsed_uri = 0;
    r->quoted_uri = 1;  // else proxy_pass would not escape what was decoded
    ngx_str_null(&r->args);
    ngx_http_set_exten(r);
    r->variables = freshVariables(r);
    return recapture(r);
}

void restoreClientHeaders(RequestContext& context) {
    if (context.saved) {
        context.shownHeaders = context.r->headers_in.headers;
        context.r->headers_in = context.saved->headersIn;
    }
}

void restoreClientView(RequestContext& context) {
    if (!context.saved) {
        return;
    }
    ngx_http_request_t* r = context.r;
    const SavedRequest& saved = *context.saved;
    r->uri = saved.uri;
    r->args = saved.args;
    r->unparsed_uri = saved.unparsedUri;
    r->exten = saved.exten;
    r->valid_unparsed_uri = saved.validUnparsedUri;
    r->quoted_uri = saved.quotedUri;
    r->headers_in = saved.headersIn;
    r->variables = freshVariables(r);
    context.saved.reset();
}

namespace {

// What of a request depends on its URI; put back when it goes out of scope.
class ScopedRequestState {
public:
    explicit ScopedRequestState(RequestContext& context)
        : context_(context),
          r_(context.r),
          uri_(r_->uri),
          args_(r_->args),
          unparsedUri_(r_->unparsed_uri),
          exten_(r_->exten),
          variables_(r_->variables),
          locations_(r_->loc_conf),
          current_(ngx_http_get_module_ctx(r_, ngx_http_private_image_module))
#if (NGX_PCRE)
          ,
          captures_(r_->captures),
          captureCount_(r_->ncaptures),
          captureData_(r_->captures_data),
          reallocates_(r_->realloc_captures)
#endif
    {
    }

    ~ScopedRequestState() {
        context_.evaluatedPath.clear();
        ngx_http_set_ctx(r_, current_, ngx_http_private_image_module);
        r_->uri = uri_;
        r_->args = args_;
        r_->unparsed_uri = unparsedUri_;
        r_->exten = exten_;
        r_->variables = variables_;
        r_->loc_conf = locations_;
#if (NGX_PCRE)
        r_->captures = captures_;
        r_->ncaptures = captureCount_;
        r_->captures_data = captureData_;
        r_->realloc_captures = reallocates_;
#endif
    }

    ScopedRequestState(const ScopedRequestState&) = delete;

private:
    RequestContext& context_;
    ngx_http_request_t* r_;
    ngx_str_t uri_, args_, unparsedUri_, exten_;
    ngx_http_variable_value_t* variables_;
    void** locations_;
    void* current_;  // another gate may have taken the request over
#if (NGX_PCRE)
    int* captures_;
    ngx_uint_t captureCount_;
    u_char* captureData_;
    unsigned reallocates_ : 1;
#endif
};

}  // namespace

namespace {

// Variables that depend on the client and not on the image (see private_image_mark in the docs).
bool isOfClient(std::string_view name) {
    constexpr std::string_view prefixes[] = {"cookie_", "http_", "arg_", "remote_", "ssl_client_"};
    const auto begins = [&](std::string_view prefix) { return name.starts_with(prefix); };
    return name == "args" || name == "query_string" || name == "binary_remote_addr" ||
           std::any_of(std::begin(prefixes), std::end(prefixes), begins);
}

// Of a request whose variables were fresh before one value was evaluated.
bool hasUsedClientsVariable(ngx_http_request_t* r) {
    auto* core = static_cast<ngx_http_core_main_conf_t*>(
        ngx_http_get_module_main_conf(r, ngx_http_core_module));
    const auto* known = static_cast<ngx_http_variable_t*>(core->variables.elts);
    for (ngx_uint_t i = 0; i < core->variables.nelts; i++) {
        const ngx_http_variable_value_t& value = r->variables[i];
        if ((value.valid || value.not_found) && isOfClient(view(known[i].name))) {
            return true;
        }
    }
    return false;
}

}  // namespace

ngx_int_t evaluateFresh(ngx_http_request_t* r, ngx_http_complex_value_t* value, ngx_str_t* result,
                        bool& dependsOnClient) {
    ngx_http_variable_value_t* variables = r->variables;
    r->variables = freshVariables(r);
    const ngx_int_t rc = ngx_http_complex_value(r, value, result);
    dependsOnClient = hasUsedClientsVariable(r);
    r->variables = variables;
    return rc;
}

ngx_int_t evaluateForImage(RequestContext& context, std::string_view path,
                           ngx_http_complex_value_t* value, ngx_str_t* result,
                           bool* dependsOnClient) {
    ngx_http_request_t* r = context.r;
    const ScopedRequestState keeper(context);
    context.evaluatedPath = path;
    ngx_http_set_ctx(r, &context, ngx_http_private_image_module);
    r->uri = cleanUri(context, path);
    r->unparsed_uri = escapedUri(r->pool, r->uri);
    ngx_str_null(&r->args);
    ngx_http_set_exten(r);
    r->loc_conf = context.gateLocations;
    r->variables = freshVariables(r);
    if (recapture(r) != NGX_OK) {
        return NGX_ERROR;
    }
    const ngx_int_t rc = ngx_http_complex_value(r, value, result);
    if (dependsOnClient != nullptr) {
        *dependsOnClient = hasUsedClientsVariable(r);
    }
    return rc;
}

}  // namespace private_image
