// Tables only: commands, phases, filters, process hooks. Decides nothing.

#include <algorithm>
#include <set>
#include <vector>

#include "nginx/config_check.hpp"
#include "nginx/counters.hpp"
#include "nginx/directives.hpp"
#include "nginx/image_view.hpp"
#include "nginx/location_config.hpp"
#include "nginx/log.hpp"
#include "nginx/ngx.hpp"
#include "nginx/origin_fetch.hpp"
#include "nginx/origin_mark.hpp"
#include "nginx/original.hpp"
#include "nginx/render_queue.hpp"
#include "nginx/request.hpp"
#include "nginx/response.hpp"
#include "nginx/shared_zone.hpp"
#include "nginx/sign_answer.hpp"
#include "nginx/single_flight.hpp"
#include "nginx/variables.hpp"
#include "nginx/wake.hpp"
#include "render/vips_runtime.hpp"

namespace private_image {
namespace {

ngx_http_output_header_filter_pt nextHeader;
ngx_http_output_body_filter_pt nextBody;
ngx_http_output_header_filter_pt nextLastHeader;
#if (nginx_version >= 1029000)
ngx_http_output_header_filter_pt nextEarlyHints;
#endif

// No exception may reach NGINX: it ends as `failure`.
template <ngx_int_t (*handler)(ngx_http_request_t*), ngx_int_t failure>
ngx_int_t guarded(ngx_http_request_t* r) {
    try {
        return handler(r);
    } catch (...) {
        logException(r->connection->log, "handling a request");
        return failure;
    }
}

// ------------------------------------------------------------------ filters

ngx_int_t filterHeader(ngx_http_request_t* r) {
    RequestContext* context = contextOf(r);
    if (context == nullptr) {
        return nextHeader(r);
    }
    if (r != r->main) {
        Fetch* fetch = fetchOf(*context, r);
        const bool isFetch = fetch != nullptr && fetch->request == r;
        return isFetch ? filterFetchHeader(*context, *fetch, r) : nextHeader(r);
    }
    const bool awaitsJudgement = context->isOriginal && !context->isJudged && !context->isRefused;
    if (awaitsJudgement) {
        return filterOriginalHeader(*context);
    }
    const bool isElsewhere = context->isOnErrorPage && !context->isOwnPage;
    return isElsewhere ? filterErrorPage(*context) : nextHeader(r);
}

ngx_int_t filterBody(ngx_http_request_t* r, ngx_chain_t* in) {
    RequestContext* context = contextOf(r);
    if (context == nullptr) {
        return nextBody(r, in);
    }
    if (r != r->main) {
        Fetch* fetch = fetchOf(*context, r);
        if (fetch == nullptr) {
            return nextBody(r, in);
        }
        if (fetch->request == r) {
            return filterFetchBody(*context, *fetch, r, in);
        }
        for (; in != nullptr; in = in->next) {  // a child of a fetch: nobody sees it
            in->buf->pos = in->buf->last;
            in->buf->file_pos = in->buf->file_last;
        }
        return NGX_OK;
    }
    // Fail closed: no byte before the decision, and none of a refused answer.
    const bool isUnjudged = context->isOriginal && !context->isJudged && !context->isRefused;
    if (isUnjudged && context->storageError) {
        return filterStorageError(*context, in);
    }
    const bool isRefusedBody = context->isRefused && !r->header_sent;
    if (isUnjudged || isRefusedBody) {
        return NGX_ERROR;
    }
    removeTrailers(*context);
    return nextBody(r, in);
}

ngx_int_t guardedBody(ngx_http_request_t* r, ngx_chain_t* in) {
    try {
        return filterBody(r, in);
    } catch (...) {
        logException(r->connection->log, "filtering a body");
        return NGX_ERROR;
    }
}

#if (nginx_version >= 1029000)
// What an origin says ahead of its answer comes before any judgement.
ngx_int_t filterEarlyHints(ngx_http_request_t* r) {
    return contextOf(r) == nullptr ? nextEarlyHints(r) : NGX_OK;
}
#endif

ngx_int_t filterLast(ngx_http_request_t* r) {
    if (r == r->main && locationConfig(r)->sign != nullptr) {
        forbidKeeping(r);
        return nextLastHeader(r);
    }
    RequestContext* context = r == r->main ? contextOf(r) : nullptr;
    if (context != nullptr && filterLastHeader(*context) != NGX_OK) {
        return NGX_ERROR;
    }
    return nextLastHeader(r);
}

ngx_int_t beforeLog(ngx_http_request_t* r) {
    if (r != r->main) {
        return NGX_OK;  // log_subrequest: the main request is still on its way
    }
    if (RequestContext* context = contextOf(r)) {
        restoreClientView(*context);
        countRequest(*context);
    }
    return NGX_OK;
}

// ------------------------------------------------------------------ installation

ngx_int_t addPhase(ngx_http_core_main_conf_t* core, ngx_http_phases phase,
                   ngx_http_handler_pt handler) {
    auto* place = static_cast<ngx_http_handler_pt*>(ngx_array_push(&core->phases[phase].handlers));
    if (place == nullptr) {
        return NGX_ERROR;
    }
    *place = handler;
    return NGX_OK;
}

// The log phase runs in array order: the client's view must be back before access_log writes.
void moveLastToFront(ngx_array_t& handlers) {
    auto* first = static_cast<ngx_http_handler_pt*>(handlers.elts);
    std::rotate(first, first + handlers.nelts - 1, first + handlers.nelts);
}

ngx_int_t preconfigure(ngx_conf_t* cf) {
    try {
        return addVariables(cf);
    } catch (const std::bad_alloc&) {
        return NGX_ERROR;
    }
}

ngx_int_t addHandlers(ngx_conf_t* cf) {
    auto* core = static_cast<ngx_http_core_main_conf_t*>(
        ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module));
    constexpr ngx_int_t failure = NGX_HTTP_INTERNAL_SERVER_ERROR;
    if (addPhase(core, NGX_HTTP_SERVER_REWRITE_PHASE, guarded<keepMarkOnTheWay, failure>) !=
            NGX_OK ||
        addPhase(core, NGX_HTTP_REWRITE_PHASE, guarded<keepMarkOnTheWay, failure>) != NGX_OK ||
        addPhase(core, NGX_HTTP_PRECONTENT_PHASE, guarded<enterGate, failure>) != NGX_OK ||
        addPhase(core, NGX_HTTP_LOG_PHASE, guarded<beforeLog, NGX_OK>) != NGX_OK) {
        return NGX_ERROR;
    }
    moveLastToFront(core->phases[NGX_HTTP_LOG_PHASE].handlers);
    return NGX_OK;
}

ngx_int_t postconfigure(ngx_conf_t* cf) {
    if (addHandlers(cf) != NGX_OK) {
        return NGX_ERROR;
    }
    nextHeader = ngx_http_top_header_filter;
    ngx_http_top_header_filter = guarded<filterHeader, NGX_ERROR>;
    nextBody = ngx_http_top_body_filter;
    ngx_http_top_body_filter = guardedBody;
#if (nginx_version >= 1029000)
    nextEarlyHints = ngx_http_top_early_hints_filter;
    ngx_http_top_early_hints_filter = guarded<filterEarlyHints, NGX_ERROR>;
#endif
    if (checkNamedOrigins(cf) != NGX_OK || completeCaches(cf) != NGX_OK) {
        return NGX_ERROR;
    }
    return checkWithVips(cf);
}

ngx_int_t postconfigureLast(ngx_conf_t*) {
    nextLastHeader = ngx_http_top_header_filter;
    ngx_http_top_header_filter = guarded<filterLast, NGX_ERROR>;
    return NGX_OK;
}

// ------------------------------------------------------------------ processes

void logVips(std::string_view line) {
    // Anybody's picture can cause these lines: they must not fill the log at its usual level.
    ngx_log_error(NGX_LOG_INFO, ngx_cycle->log, 0, "libvips: %*s", line.size(), line.data());
}

// Each once, though many locations may inherit it.
std::set<RenderQueue*> queuesOf(const MainConfig& config) {
    std::set<RenderQueue*> queues;
    for (const Gate* gate : *config.gates) {
        queues.insert(gate->queue);
    }
    return queues;
}

ngx_int_t completeQueues(ngx_cycle_t* cycle, const MainConfig& config) {
    const auto* core =
        reinterpret_cast<ngx_core_conf_t*>(ngx_get_conf(cycle->conf_ctx, ngx_core_module));
    const std::size_t workers = std::max<ngx_int_t>(core->worker_processes, 1);
    const std::set<RenderQueue*> queues = queuesOf(config);
    for (RenderQueue* queue : queues) {
        if (queue->renders == RenderQueue::unset) {
            queue->renders = std::max<std::size_t>(ngx_ncpu / workers, 1);
        }
    }
    return shareQueues(cycle, std::vector(queues.begin(), queues.end()), workers);
}

// In the master, once every directive is known.
ngx_int_t completeConfiguration(ngx_cycle_t* cycle) try {
    auto* config = static_cast<MainConfig*>(
        ngx_http_cycle_get_module_main_conf(cycle, ngx_http_private_image_module));
    if (config != nullptr && completeQueues(cycle, *config) != NGX_OK) {
        return NGX_ERROR;
    }
    return openWakeEvent(cycle);
} catch (...) {
    logException(cycle->log, "completing the configuration");
    return NGX_ERROR;
}

ngx_int_t startSharing(ngx_cycle_t* cycle) {
    if (zoneState() == nullptr) {
        return NGX_OK;
    }
    takeGauges();
    abandonFlightsOfTheDead();
    return listenForWake(cycle, wakeFlightWaiters);
}

ngx_int_t startWorker(ngx_cycle_t* cycle) {
    const bool isWorker = ngx_process == NGX_PROCESS_WORKER || ngx_process == NGX_PROCESS_SINGLE;
    auto* config = static_cast<MainConfig*>(
        ngx_http_cycle_get_module_main_conf(cycle, ngx_http_private_image_module));
    if (config == nullptr) {
        return NGX_OK;
    }
    useZone(config->zone);  // the cache manager counts in it, too
    if (!isWorker || config->gates->empty()) {
        return NGX_OK;
    }
    if (startSharing(cycle) != NGX_OK) {
        return NGX_ERROR;
    }
    try {
        for (RenderQueue* queue : queuesOf(*config)) {
            forgetPredecessor(*queue);
        }
        std::vector<SourceType> types;
        for (const Gate* gate : *config->gates) {
            types.insert(types.end(), gate->render.sourceTypes.begin(),
                         gate->render.sourceTypes.end());
        }
        std::string problem;
        if (startVips(types, logVips, problem)) {
            return NGX_OK;
        }
        ngx_log_error(NGX_LOG_EMERG, cycle->log, 0, "private_image: libvips does not start: %s",
                      problem.c_str());
    } catch (...) {
        logException(cycle->log, "starting a worker");
    }
    return NGX_ERROR;
}

// Whoever waits for this worker waits no more.
void endWorker(ngx_cycle_t*) {
    if (zoneState() != nullptr) {
        abandonFlightsOfTheDead();
    }
}

ngx_http_module_t moduleContext = {
    preconfigure, postconfigure, createMainConfig,     nullptr,
    nullptr,      nullptr,       createLocationConfig, mergeLocationConfig};

ngx_http_module_t lastModuleContext = {nullptr, postconfigureLast, nullptr, nullptr,
                                       nullptr, nullptr,           nullptr, nullptr};

}  // namespace

ngx_int_t nextHeaderFilter(ngx_http_request_t* r) {
    return nextHeader(r);
}

}  // namespace private_image

extern "C" {

__attribute__((visibility("default")))
ngx_module_t ngx_http_private_image_module = {NGX_MODULE_V1,
                                              &private_image::moduleContext,
                                              private_image::directiveTable,
                                              NGX_HTTP_MODULE,
                                              nullptr,
                                              private_image::completeConfiguration,
                                              private_image::startWorker,
                                              nullptr,
                                              nullptr,
                                              private_image::endWorker,
                                              nullptr,
                                              NGX_MODULE_V1_PADDING};

// Stands behind add_header and expires, so that nothing they write outlives a grant.
__attribute__((visibility("default")))
ngx_module_t ngx_http_private_image_last_module = {NGX_MODULE_V1, &private_image::lastModuleContext,
                                                   nullptr,       NGX_HTTP_MODULE,
                                                   nullptr,       nullptr,
                                                   nullptr,       nullptr,
                                                   nullptr,       nullptr,
                                                   nullptr,       NGX_MODULE_V1_PADDING};
}
