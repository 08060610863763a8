// One eventfd for all workers, which write to it and never read it: each write is a new edge for
// every worker that watches it.
#include "nginx/host/wake.hpp"

#include <sys/eventfd.h>

namespace private_image {
namespace {

int descriptor = -1;  // opened by the master and inherited by every worker
void (*callOnWake)();
bool isListening = false;

void handleWake(ngx_event_t*) {
    callOnWake();
}

}  // namespace

ngx_int_t openWakeEvent(ngx_cycle_t* cycle) {
    if (descriptor != -1) {
        return NGX_OK;
    }
    // CLOEXEC: after an upgrade the new binary opens its own, since it also has its own zone.
    descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (descriptor == -1) {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, ngx_errno, "private_image: eventfd() failed");
        return NGX_ERROR;
    }
    return NGX_OK;
}

ngx_int_t listenForWake(ngx_cycle_t* cycle, void (*onWake)()) {
    // A level-triggered method would report the event again and again, since it is never read.
    if ((ngx_event_flags & NGX_USE_CLEAR_EVENT) == 0) {
        ngx_log_error(NGX_LOG_WARN, cycle->log, 0,
                      "private_image: identical requests do not share one render with this event "
                      "method, remove \"use\" from the events block");
        return NGX_OK;
    }
    ngx_connection_t* connection = ngx_get_connection(descriptor, cycle->log);
    if (connection == nullptr) {
        return NGX_ERROR;
    }
    // Like the channel to the master: a worker need not close this connection before it exits.
    connection->read->channel = 1;
    connection->write->channel = 1;
    connection->read->log = connection->write->log = cycle->log;
    connection->read->handler = handleWake;
    callOnWake = onWake;
    if (ngx_add_event(connection->read, NGX_READ_EVENT, NGX_CLEAR_EVENT) != NGX_OK) {
        ngx_free_connection(connection);
        return NGX_ERROR;
    }
    isListening = true;
    return NGX_OK;
}

bool listensForWake() {
    return isListening;
}

void wakeWorkers() {
    // The eventfd's 64-bit counter is never read; it cannot overflow in practice.
    eventfd_write(descriptor, 1);
}

}  // namespace private_image
