// The master may be root, to which every folder is open: a child process tries the folder with the
// rights of a worker.
#include "nginx/door/store_check.hpp"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include "folder_store/folder_store.hpp"
#include "nginx/host/child_process.hpp"

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

}  // namespace

std::string whyNoStoreForWorkers(ngx_conf_t* cf, const std::string& folder) {
    const WorkerUser user = workerUser(cf);
    std::string text = textFromChild(cf->log, [&] { return tryAs(user, folder) + '\n'; });
    if (!text.ends_with('\n')) {
        return "trying it ended early, or took longer than " + std::to_string(childSeconds) +
               " seconds";
    }
    text.pop_back();
    if (!text.empty() && user.name != nullptr) {
        text += std::string(", as the workers' user ") + user.name;
    }
    return text;
}

}  // namespace private_image
