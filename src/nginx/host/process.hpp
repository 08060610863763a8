// Whether processes that share memory with this one still run.
#pragma once

#include <signal.h>

#include "nginx/host/ngx.hpp"

namespace private_image {

// True also for a process of another user, such as a worker from before a reload.
inline bool isAlive(ngx_pid_t process) {
    return kill(process, 0) == 0 || ngx_errno != NGX_ESRCH;
}

}  // namespace private_image
