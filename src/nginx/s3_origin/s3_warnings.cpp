#include "nginx/s3_origin/s3_warnings.hpp"

#include <grp.h>
#include <pwd.h>

#include <algorithm>
#include <set>

#include "nginx/host/pool.hpp"

namespace private_image {
namespace {

struct User {
    uid_t id;
    std::vector<gid_t> groups;
};

User workerUser(const ngx_core_conf_t& core) {
    User user{static_cast<uid_t>(core.user), {static_cast<gid_t>(core.group)}};
    // NOLINTNEXTLINE(concurrency-mt-unsafe): settings are read before there is any thread
    if (const passwd* entry = getpwuid(user.id)) {
        int count = 64;
        std::vector<gid_t> groups(static_cast<std::size_t>(count));
        const gid_t first = user.groups.front();
        if (getgrouplist(entry->pw_name, first, groups.data(), &count) >= 0) {
            groups.resize(static_cast<std::size_t>(count));
            user.groups = std::move(groups);
        }
    }
    return user;
}

// Checks the mode bits only. `permission` is S_IROTH or S_IXOTH.
bool mayDo(const User& user, const std::string& path, mode_t permission) {
    struct stat status {};
    if (stat(path.c_str(), &status) != 0) {
        return false;
    }
    if (status.st_uid == user.id) {
        return (status.st_mode & (permission << 6)) != 0;
    }
    const bool isInGroup =
        std::find(user.groups.begin(), user.groups.end(), status.st_gid) != user.groups.end();
    return (status.st_mode & (isInGroup ? permission << 3 : permission)) != 0;
}

bool mayRead(const User& user, const std::string& path) {
    for (std::size_t end = path.find('/', 1); end != std::string::npos;
         end = path.find('/', end + 1)) {
        if (!mayDo(user, path.substr(0, end), S_IXOTH)) {
            return false;
        }
    }
    return mayDo(user, path, S_IROTH);
}

// The log of the running configuration: as for the warnings of directives, the level of the new
// error_log does not matter.
ngx_log_t* configurationLog(const ngx_cycle_t* cycle) {
    return cycle->old_cycle == nullptr ? cycle->log : cycle->old_cycle->log;
}

void warnOfFile(ngx_cycle_t* cycle, const S3Setting& setting) {
    const auto& core =
        *reinterpret_cast<ngx_core_conf_t*>(ngx_get_conf(cycle->conf_ctx, ngx_core_module));
    const bool isSameUser = geteuid() != 0 || core.user == 0;
    const std::string& path = setting.credentials.path();
    if (isSameUser || mayRead(workerUser(core), path)) {
        return;
    }
    ngx_log_error(NGX_LOG_WARN, configurationLog(cycle), 0,
                  "credentials file \"%s\" cannot be read by the workers (user %s), so that its "
                  "changes go unnoticed until a reload, write chown or chgrp in %V:%ui",
                  path.c_str(), core.username == nullptr ? "?" : core.username,
                  &setting.position.file, setting.position.line);
}

bool isOpenToAll(const S3Place& place) {
    const bool isNamed = place.core->named || view(place.core->name).starts_with('@');
    return place.core->handler != nullptr && !place.core->internal && !place.core->noname &&
           !isNamed && place.location->gate == nullptr;
}

}  // namespace

void rememberLocation(ngx_conf_t* cf, const S3Setting& setting) {
    auto* places = static_cast<S3Locations*>(
        ngx_http_conf_get_module_main_conf(cf, ngx_http_private_image_s3_module));
    places->push_back({&setting,
                       static_cast<ngx_http_core_loc_conf_t*>(
                           ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module)),
                       static_cast<LocationConfig*>(
                           ngx_http_conf_get_module_loc_conf(cf, ngx_http_private_image_module))});
}

void warnOfLocations(ngx_cycle_t* cycle) {
    const auto* places = static_cast<S3Locations*>(
        ngx_http_cycle_get_module_main_conf(cycle, ngx_http_private_image_s3_module));
    if (places == nullptr) {
        return;
    }
    std::set<const S3Setting*> seen;
    for (const S3Place& place : *places) {
        if (seen.insert(place.setting).second) {
            warnOfFile(cycle, *place.setting);
        }
        if (place.setting->isOfLocation && isOpenToAll(place)) {
            ngx_log_error(NGX_LOG_WARN, configurationLog(cycle), 0,
                          "any client can read the bucket through location \"%V\", which signs "
                          "without asking for a signature, write \"internal\" there in %V:%ui",
                          &place.core->name, &place.setting->position.file,
                          place.setting->position.line);
        }
    }
}

}  // namespace private_image
