// Where NGINX calls the module: phases, filters, and the start and end of processes.

#include <algorithm>
#include <set>
#include <vector>

#include "nginx/answer_filter.hpp"
#include "nginx/config/config_check.hpp"
#include "nginx/config/config_warnings.hpp"
#include "nginx/config/directives.hpp"
#include "nginx/config/installed_handlers.hpp"
#include "nginx/config/location_config.hpp"
#include "nginx/endpoints/signed_variables.hpp"
#include "nginx/endpoints/status_page.hpp"
#include "nginx/enter_gate.hpp"
#include "nginx/host/log.hpp"
#include "nginx/host/ngx.hpp"
#include "nginx/host/wake.hpp"
#include "nginx/original/internal_redirect.hpp"
#include "nginx/rendering/render_queue.hpp"
#include "nginx/request/request.hpp"
#include "nginx/request/request_counting.hpp"
#include "nginx/request/request_rewriting.hpp"
#include "nginx/request/variables.hpp"
#include "nginx/shared_memory/counters.hpp"
#include "nginx/shared_memory/shared_zone.hpp"
#include "nginx/shared_memory/single_flight.hpp"
#include "render/vips_runtime.hpp"

namespace private_image {
namespace {

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

// ------------------------------------------------------------------ phases

// REWRITE. What led here inside NGINX keeps its mark; then the location's gate claims the request.
ngx_int_t enterLocation(ngx_http_request_t* r) {
    keepMarkOfRedirect(r);
    return claimRequest(r);
}

ngx_int_t beforeLog(ngx_http_request_t* r) {
    if (r != r->main) {
        return NGX_OK;  // log_subrequest: the main request is still on its way
    }
    if (RequestContext* context = contextOf(r)) {
        context->facts.isLogged = true;
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
    if (addPhase(core, NGX_HTTP_SERVER_REWRITE_PHASE, guarded<keepMarkOfRedirect, failure>) !=
            NGX_OK ||
        addPhase(core, NGX_HTTP_REWRITE_PHASE, guarded<enterLocation, failure>) != NGX_OK ||
        addPhase(core, NGX_HTTP_PRECONTENT_PHASE, guarded<enterGate, failure>) != NGX_OK ||
        addPhase(core, NGX_HTTP_LOG_PHASE, guarded<beforeLog, NGX_OK>) != NGX_OK) {
        return NGX_ERROR;
    }
    moveLastToFront(core->phases[NGX_HTTP_LOG_PHASE].handlers);
    return NGX_OK;
}

// Once all locations are known.
ngx_int_t checkConfiguration(ngx_conf_t* cf) try {
    if (checkNamedOrigins(cf) != NGX_OK || completeCaches(cf) != NGX_OK ||
        checkMarkVariables(cf) != NGX_OK) {
        return NGX_ERROR;
    }
    warnOfConfiguration(cf);
    return checkWithVips(cf);
} catch (...) {
    logException(cf->log, "checking the configuration");
    return NGX_ERROR;
}

ngx_int_t postconfigure(ngx_conf_t* cf) {
    addBodyFilter();
    return checkConfiguration(cf);
}

ngx_int_t postconfigureLast(ngx_conf_t*) {
    addLastHeaderFilter();
    return NGX_OK;
}

// After all other modules: what is registered last runs first, in the phases and among the filters.
ngx_int_t postconfigureFirst(ngx_conf_t* cf) {
    addFirstFilters(cf);
    return addHandlers(cf);
}

// ------------------------------------------------------------------ processes

void logVips(std::string_view line) {
    // Any client's image can cause these lines: they must not fill the log at its default level.
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
    claimGauges();
    abandonFlightsOfDeadWorkers();
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
            resetSharedCount(*queue);
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

// Requests of other workers that wait for this one wait no longer.
void endWorker(ngx_cycle_t*) {
    if (zoneState() != nullptr) {
        abandonFlightsOfDeadWorkers();
    }
}

ngx_http_module_t moduleContext = {
    preconfigure, postconfigure, createMainConfig,     nullptr,
    nullptr,      nullptr,       createLocationConfig, mergeLocationConfig};

ngx_http_module_t lastModuleContext = {nullptr, postconfigureLast, nullptr, nullptr,
                                       nullptr, nullptr,           nullptr, nullptr};

ngx_http_module_t firstModuleContext = {
    nullptr, postconfigureFirst, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr};

}  // namespace

const InstalledHandlers installedHandlers{.status = handleStatus,
                                          .getSignedVariable = getSignedVariable};

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

// Runs after add_header and expires, so that nothing they write outlives a grant.
__attribute__((visibility("default")))
ngx_module_t ngx_http_private_image_last_module = {NGX_MODULE_V1, &private_image::lastModuleContext,
                                                   nullptr,       NGX_HTTP_MODULE,
                                                   nullptr,       nullptr,
                                                   nullptr,       nullptr,
                                                   nullptr,       nullptr,
                                                   nullptr,       NGX_MODULE_V1_PADDING};

// Registered after every module, so that its handlers and its filters run first.
__attribute__((visibility("default"))) ngx_module_t ngx_http_private_image_first_module = {
    NGX_MODULE_V1, &private_image::firstModuleContext,
    nullptr,       NGX_HTTP_MODULE,
    nullptr,       nullptr,
    nullptr,       nullptr,
    nullptr,       nullptr,
    nullptr,       NGX_MODULE_V1_PADDING};
}
