// Wakes all workers, of this generation and the one that a reload leaves behind, by one event.
// Knows not what for.
#pragma once

#include "nginx/host/ngx.hpp"

namespace private_image {

// In the master, before workers are forked: makes the event where there is none yet. It outlives
// reloads, so that both generations share it.
ngx_int_t openWakeEvent(ngx_cycle_t* cycle);

// In a worker: `onWake` is called on the event loop after every wakeWorkers(), in every worker.
ngx_int_t listenForWake(ngx_cycle_t* cycle, void (*onWake)());

// False where nothing wakes this process: it is no worker, or NGINX's event method cannot tell one
// write from the next.
bool listensForWake();

void wakeWorkers();

}  // namespace private_image
