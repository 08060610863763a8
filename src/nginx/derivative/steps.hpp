// What the parts of a derivative's way call of each other. The order of things is derivative.cpp's.
#pragma once

#include <exception>

#include "nginx/derivative/derivative.hpp"
#include "nginx/host/log.hpp"

namespace private_image {

// Ends the request with NGINX's code; nothing is waited for any more.
void finish(RequestContext& context, ngx_int_t rc);

// Runs a step; no exception may reach NGINX.
template <typename Step>
void guarded(RequestContext& context, Step step) {
    try {
        step();
    } catch (const std::exception&) {
        logException(context.r->connection->log, "making a derivative");
        finish(context, NGX_HTTP_INTERNAL_SERVER_ERROR);
    }
}

// Runs a step on the event loop outside of NGINX's own request processing.
template <typename Step>
void onEventLoop(RequestContext& context, Step step) {
    ngx_connection_t* connection = context.r->connection;
    ngx_http_set_log_request(connection->log, context.r);
    guarded(context, step);
    ngx_http_run_posted_requests(connection);
}

// From now on the answer comes later: there is a deadline, and the client may leave.
bool suspend(RequestContext& context, RequestContext::Stage stage);

// derivative.cpp: looks in the cache, for the first time or because other sources are asked for.
void begin(RequestContext& context);

// derivative.cpp: does what this request has to do itself, the entry found (if it is of use) being
// all there is.
void work(RequestContext& context);

// derivative.cpp: serves the entry past its freshness if that is allowed for every source, and to
// this client.
bool sendStale(RequestContext& context,
               bool (*isUsable)(const OriginState&, Milliseconds, std::int64_t), ngx_uint_t status);

// derivative_flight.cpp: true if this request is to do the work itself, for all others if it can;
// else it waits, or was answered.
bool leads(RequestContext& context);

// derivative_flight.cpp: waits for another request's work.
void waitForOther(RequestContext& context, std::uint64_t flight);

// derivative_flight.cpp: how others share a failure.
FlightOutcome failureOutcome(const RequestContext& context, Reason reason);

// derivative_flight.cpp: true for what stale derivatives are for: the origin does not answer, or
// says that it cannot. What it withdraws or moves is no failure.
bool isOriginsFailure(Reason reason, ngx_uint_t status);

bool isKnownMissing(const RequestContext& context);

// derivative_fetch.cpp: fetches everything anew and renders it.
void startMiss(RequestContext& context);

// derivative_fetch.cpp: asks the origin whether it still has what the entry was made of; many
// derivatives of one image ask once.
void refresh(RequestContext& context, std::size_t index);

// derivative_fetch.cpp: a fetch has ended.
void onFetched(RequestContext& context);
void onRefreshed(RequestContext& context);

// derivative_fetch.cpp: a source is missing, which another request has found out.
void onMissing(RequestContext& context);

// derivative_fetch.cpp: the mark of a source refuses this request; `isMain`: that of the original.
void onDenied(RequestContext& context, bool isMain, Reason reason, const std::string& detail);

// derivative_render.cpp: everything is fetched and allowed.
void startRender(RequestContext& context);

// derivative.cpp: looks in the cache once more.
void lookUp(RequestContext& context);

}  // namespace private_image
