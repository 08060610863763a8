// Wakes all workers by one event, also those of before a reload that are still shutting down.
#pragma once

#include "nginx/host/ngx.hpp"

namespace private_image {

// In the master, before workers are forked: makes the event if it does not exist yet. It outlives
// reloads, so that the workers of before and after share it.
ngx_int_t openWakeEvent(ngx_cycle_t* cycle);

// In a worker: calls `onWake` on the event loop after each wakeWorkers() of any worker.
ngx_int_t listenForWake(ngx_cycle_t* cycle, void (*onWake)());

// False if wakeWorkers() does not wake this process: it is no worker, or NGINX's event method is
// not edge-triggered.
bool listensForWake();

void wakeWorkers();

}  // namespace private_image
