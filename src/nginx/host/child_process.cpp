#include "nginx/host/child_process.hpp"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace private_image {
namespace {

[[noreturn]] void runChild(const std::function<std::string()>& work, int pipe) {
    try {
        const std::string text = work();
        for (std::size_t sent = 0; sent < text.size();) {
            const ssize_t written = write(pipe, text.data() + sent, text.size() - sent);
            if (written <= 0) {
                break;
            }
            sent += static_cast<std::size_t>(written);
        }
    } catch (...) {
        // The parent sees that the end of the text is missing.
    }
    _exit(0);
}

// Reads what the child writes, until it ends or the time is over.
std::string readPipe(int pipe) {
    std::string text;
    char chunk[4096];
    for (;;) {
        pollfd waiting{pipe, POLLIN, 0};
        const int ready = poll(&waiting, 1, childSeconds * 1000);
        if (ready < 0 && errno == EINTR) {
            continue;
        }
        const ssize_t length = ready > 0 ? read(pipe, chunk, sizeof(chunk)) : 0;
        if (length <= 0) {
            return text;
        }
        text.append(chunk, static_cast<std::size_t>(length));
    }
}

}  // namespace

std::string textFromChild(ngx_log_t* log, const std::function<std::string()>& work) {
    int pipes[2];
    if (pipe(pipes) != 0) {
        ngx_log_error(NGX_LOG_EMERG, log, ngx_errno, "private_image: pipe() failed");
        return {};
    }
    const pid_t child = fork();
    if (child < 0) {
        ngx_log_error(NGX_LOG_EMERG, log, ngx_errno, "private_image: fork() failed");
        close(pipes[0]);
        close(pipes[1]);
        return {};
    }
    if (child == 0) {
        close(pipes[0]);
        runChild(work, pipes[1]);
    }
    close(pipes[1]);
    std::string text = readPipe(pipes[0]);
    close(pipes[0]);
    kill(child, SIGKILL);
    while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
    }
    return text;
}

}  // namespace private_image
