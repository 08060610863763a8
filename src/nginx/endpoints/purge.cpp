// Checks whether the client may purge, finds the original, and answers. image_state_table stores
// the purge; purge_journal keeps it across a restart.
#include "nginx/endpoints/purge.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/encoding.hpp"
#include "dialect/parsed_request.hpp"
#include "image_state/image_key.hpp"
#include "image_state/purge_journal.hpp"
#include "image_state/purge_paths.hpp"
#include "nginx/config/location_config.hpp"
#include "nginx/host/answer_headers.hpp"
#include "nginx/host/client_address.hpp"
#include "nginx/host/log.hpp"
#include "nginx/host/pool.hpp"
#include "nginx/request/request.hpp"
#include "nginx/request/request_rewriting.hpp"
#include "nginx/shared_memory/image_state_table.hpp"
#include "nginx/shared_memory/shared_zone.hpp"

namespace private_image {
namespace {

// ------------------------------------------------------------------ access

// Empty if the client may purge.
std::string_view whyForbidden(ngx_http_request_t* r, const LocationConfig& location) {
    return location.purgesFromAny ? std::string_view() : whyNotLocal(r);
}

// NGINX has no constant for PURGE.
bool isPurgeMethod(ngx_http_request_t* r) {
    return r->method == NGX_HTTP_POST || view(r->method_name) == "PURGE";
}

// ------------------------------------------------------------------ the original

// In a location with a regular expression the whole URI names the image, as it does in a gate.
std::string_view requestedPath(ngx_http_request_t* r) {
    const auto* core = static_cast<ngx_http_core_loc_conf_t*>(
        ngx_http_get_module_loc_conf(r, ngx_http_core_module));
#if (NGX_PCRE)
    if (core->regex != nullptr) {
        return view(r->uri);
    }
#endif
    return pathAfterLocation(view(r->uri), view(core->name));
}

// Checks a path as a gate does: what a gate refuses is never stored. Empty if it is valid.
std::string_view errorInPath(ngx_http_request_t* r, std::string_view path) {
    const bool isClientsTarget = r->valid_unparsed_uri && !r->internal;
    const std::string_view error =
        isClientsTarget ? rawTargetError(view(r->unparsed_uri)) : std::string_view();
    return error.empty() ? pathError(path) : error;
}

// ------------------------------------------------------------------ purging

// Sets the request context, which the variables of private_image_origin read, until the end of the
// scope. If it stayed set, filters would treat the purge as a request that came through a gate.
class ScopedContext {
public:
    ScopedContext(ngx_http_request_t* r, RequestContext& context)
        : current_(r->main->ctx[ngx_http_private_image_module.ctx_index]), outer_(current_) {
        current_ = &context;
    }
    ~ScopedContext() { current_ = outer_; }
    ScopedContext(const ScopedContext&) = delete;

private:
    void*& current_;
    void* outer_;
};

// False after a log line if the purge will be lost with a restart.
bool writeJournal(const ngx_http_file_cache_t& cache, const Purge& purge, ngx_log_t* log) {
    const std::string_view folder = view(cache.path->name);
    const PurgeJournal journal{std::string(folder)};
    const std::optional<std::uint64_t> number = nextPurgeNumber(folder);
    const std::string error =
        number ? journal.write(*number, purge) : "private_image_zone has no room for it";
    if (error.empty()) {
        return true;
    }
    ngx_log_error(NGX_LOG_ERR, log, 0,
                  "private_image: internal: a purge is lost with a restart, because \"%s\" "
                  "cannot be written: %s",
                  journal.file().c_str(), error.c_str());
    return false;
}

bool isKnown(ngx_http_request_t* r, const ImageKey& image) {
    const ImageState state = readImageState(image, nowInMilliseconds(), r->connection->log);
    return state.originState || state.isMissing;
}

bool purgePath(RequestContext& context, std::string_view identity, std::string_view path,
               bool& wasKnown) {
    ngx_http_request_t* r = context.r;
    ngx_str_t uri;
    {
        const ScopedContext scope(r, context);
        if (originUri(context, path, &uri) != NGX_OK) {
            ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                          "private_image: internal: nothing is purged, because "
                          "private_image_origin gives no URI that begins with a slash");
            return false;
        }
    }
    const ImageKey image = imageKey(identity, view(uri));
    wasKnown = isKnown(r, image);
    return purgeImage(image, context.gate.cache, r->connection->log);
}

// The prefixes of the server's gates without private_image_origin; empty if `purge` has an origin,
// because it then names images by itself.
std::vector<std::string_view> gatePrefixes(ngx_http_request_t* r, const Gate& purge) {
    std::vector<std::string_view> prefixes;
    if (purge.origin != nullptr) {
        return prefixes;
    }
    const auto* main =
        static_cast<MainConfig*>(ngx_http_get_module_main_conf(r, ngx_http_private_image_module));
    const void* server = ngx_http_get_module_srv_conf(r, ngx_http_core_module);
    for (const Gate* gate : *main->gates) {
        if (gate->server == server && gate->origin == nullptr) {
            prefixes.emplace_back(gate->prefix);
        }
    }
    return prefixes;
}

// Percent-encoded, so that a blank or ";" of the request does not end a part of the value.
void addPurged(ngx_http_request_t* r, std::string_view identity, std::string_view path,
               bool wasKnown) {
    const std::string name = identity.empty() ? "-" : percentEncodePath(identity);
    addHeader(r, "X-Purged",
              name + ' ' + percentEncodePath(path) + "; known=" + (wasKnown ? "yes" : "no"));
}

bool purgeAll(ngx_http_request_t* r, const Gate& gate, std::string_view path) {
    ngx_str_t identity;
    if (ngx_http_complex_value(r, gate.identity, &identity) != NGX_OK) {
        return false;
    }
    RequestContext context(r, gate);
    context.gateLocations = r->loc_conf;
    bool isPurged = true, wasAnyKnown = false;
    for (const std::string& candidate : candidatePaths(path, gate.prefix, gatePrefixes(r, gate))) {
        bool wasKnown = false;
        isPurged = purgePath(context, view(identity), candidate, wasKnown) && isPurged;
        if (wasKnown) {
            addPurged(r, view(identity), candidate, true);
            wasAnyKnown = true;
        }
    }
    if (!wasAnyKnown) {
        addPurged(r, view(identity), path, false);
    }
    return isPurged;
}

// ------------------------------------------------------------------ the answer

ngx_int_t refusePurge(ngx_http_request_t* r, ngx_int_t status, std::string_view why) {
    ngx_log_error(NGX_LOG_INFO, r->connection->log, 0, "private_image: purge refused: %*s",
                  why.size(), why.data());
    return status;
}

// Checks the address first: clients that may not purge get no hint how to.
ngx_int_t answerPurge(ngx_http_request_t* r) {
    addHeader(r, "Cache-Control", "no-store");
    const LocationConfig& location = *locationConfig(r);
    if (const std::string_view why = whyForbidden(r, location); !why.empty()) {
        return refusePurge(r, NGX_HTTP_FORBIDDEN, why);
    }
    if (!isPurgeMethod(r)) {
        addHeader(r, "Allow", "PURGE, POST");
        return refusePurge(r, NGX_HTTP_NOT_ALLOWED, "the method is neither PURGE nor POST");
    }
    if (const ngx_int_t rc = ngx_http_discard_request_body(r); rc != NGX_OK) {
        return rc;
    }
    const std::string_view path = requestedPath(r);
    if (const std::string_view error = errorInPath(r, path); !error.empty()) {
        return refusePurge(r, NGX_HTTP_BAD_REQUEST, error);
    }
    if (path.ends_with("/*")) {
        return refusePurge(r, NGX_HTTP_BAD_REQUEST, "it does not name a single image");
    }
    return purgeAll(r, *location.purge, path) ? NGX_HTTP_NO_CONTENT
                                              : NGX_HTTP_INTERNAL_SERVER_ERROR;
}

}  // namespace

bool purgeImage(const ImageKey& image, const ngx_shm_zone_t* cache, ngx_log_t* log) {
    // NGINX's clock may be late: a request that another worker sent before now must not seem newer.
    ngx_time_update();
    const Purge done{image, nowInMilliseconds()};
    storePurge(done.image, done.at);
    return cache == nullptr ||
           writeJournal(*static_cast<ngx_http_file_cache_t*>(cache->data), done, log);
}

ngx_int_t enterPurge(ngx_http_request_t* r) {
    if (r != r->main) {
        return NGX_HTTP_FORBIDDEN;
    }
    r->content_handler = handlePurge;
    return NGX_OK;
}

ngx_int_t handlePurge(ngx_http_request_t* r) {
    try {
        return answerPurge(r);
    } catch (...) {
        logException(r->connection->log, "purging");
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
}

}  // namespace private_image
