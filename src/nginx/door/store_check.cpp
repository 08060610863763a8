// The master may be root, to which every folder is open: a child process tries the folder with the
// rights of a worker.
#include "nginx/door/store_check.hpp"

#include <grp.h>
#include <pwd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "folder_store/folder_store.hpp"

namespace private_image {
namespace {

struct WorkerUser {
    uid_t user = 0;
    gid_t group = 0;
    const char* name = nullptr;  // null: workers run as the master does
};

// `user` of nginx.conf. NGINX sets its default only after all modules have read their settings.
WorkerUser workerUser(ngx_conf_t* cf) {
    const auto* core =
        reinterpret_cast<ngx_core_conf_t*>(ngx_get_conf(cf->cycle->conf_ctx, ngx_core_module));
    if (geteuid() != 0) {
        return {};
    }
    if (core->user != static_cast<ngx_uid_t>(NGX_CONF_UNSET_UINT)) {
        return {core->user, core->group, core->username};
    }
    // NOLINTNEXTLINE(concurrency-mt-unsafe): settings are read before there is any thread
    const passwd* entry = getpwnam(NGX_USER);
    return entry == nullptr ? WorkerUser{} : WorkerUser{entry->pw_uid, entry->pw_gid, NGX_USER};
}

std::string tryAs(const WorkerUser& user, const std::string& folder) {
    const bool isWorker =
        user.name == nullptr || (initgroups(user.name, user.group) == 0 &&
                                 setgid(user.group) == 0 && setuid(user.user) == 0);
    return isWorker ? whyNoStore(folder) : "cannot become the user of the workers";
}

[[noreturn]] void runChild(int pipe, const WorkerUser& user, const std::string& folder) {
    try {
        const std::string why = tryAs(user, folder) + '\n';
        if (write(pipe, why.data(), why.size()) < 0) {
            _exit(1);
        }
    } catch (...) {
        _exit(1);  // the parent sees that the line is missing
    }
    _exit(0);
}

}  // namespace

std::string whyNoStoreForWorkers(ngx_conf_t* cf, const std::string& folder) {
    int pipes[2];
    if (pipe(pipes) != 0) {
        return "pipe() failed";
    }
    const WorkerUser user = workerUser(cf);
    const pid_t child = fork();
    if (child == 0) {
        close(pipes[0]);
        runChild(pipes[1], user, folder);
    }
    close(pipes[1]);
    std::string text;
    char chunk[1024];
    for (ssize_t got; child > 0 && (got = read(pipes[0], chunk, sizeof(chunk))) != 0;) {
        if (got > 0) {
            text.append(chunk, static_cast<std::size_t>(got));
        } else if (errno != EINTR) {
            break;
        }
    }
    close(pipes[0]);
    while (child > 0 && waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
    }
    if (!text.ends_with('\n')) {
        return "it cannot be tried";
    }
    text.pop_back();
    return text;
}

}  // namespace private_image
