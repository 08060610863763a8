// A module of its own, because it must merge before proxy does (see `config`).

#include "nginx/s3_origin/s3_module.hpp"

#include <exception>
#include <vector>

#include "base/encoding.hpp"
#include "nginx/config/directive_values.hpp"
#include "nginx/host/pool.hpp"
#include "nginx/s3_origin/headers.hpp"
#include "nginx/s3_origin/s3_warnings.hpp"
#include "nginx/s3_origin/variables.hpp"
#include "s3/directive.hpp"

namespace private_image {
namespace {

constexpr const char* syntax =
    "HOST region=NAME credentials=FILE [profile=NAME], such as bucket.s3.eu-central-1.amazonaws.com"
    " region=eu-central-1 credentials=s3.credentials";

// ------------------------------------------------------------------ the directive

char* readSetting(ngx_conf_t* cf, const S3Words& words, S3Location& location) {
    ngx_str_t file = copyInto(cf->pool, words.credentials);
    if (ngx_conf_full_name(cf->cycle, &file, 1) != NGX_OK) {
        return static_cast<char*>(NGX_CONF_ERROR);
    }
    const std::string profile(words.profile.empty() ? "default" : words.profile);
    const std::string region(words.region);
    auto* setting = makeInPool<S3Setting>(
        cf->pool, S3Setting{std::string(words.host), percentEncodePath(words.path), region, profile,
                            CredentialsFile(std::string(view(file)), profile, region), here(cf),
                            (cf->cmd_type & NGX_HTTP_LOC_CONF) != 0});
    const std::string subject = "credentials file " + quotedArgument(view(file)) + ' ';
    if (const std::string problem = setting->credentials.read(); !problem.empty()) {
        return refuse(cf, subject + problem);
    }
    if (setting->credentials.mayBeReadByOthers()) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0, "%scan be read by others, write chmod o-r",
                           subject.c_str());
    }
    location.setting = setting;
    return NGX_CONF_OK;
}

char* readS3(ngx_conf_t* cf, ngx_command_t*, void* conf) {
    try {
        auto& location = *static_cast<S3Location*>(conf);
        if (location.setting != NGX_CONF_UNSET_PTR) {
            return duplicate();
        }
        const Arguments arguments = argumentsOf(cf);
        if (arguments.size() == 1 && view(arguments[0]) == "off") {
            location.setting = nullptr;
            return NGX_CONF_OK;
        }
        std::vector<std::string_view> texts;
        for (const ngx_str_t& argument : arguments) {
            texts.push_back(view(argument));
        }
        const auto words = parseS3Words(texts);
        if (!words) {
            return refuseValue(cf, words.error(), syntax);
        }
        if (words->region.empty() || words->credentials.empty()) {
            return refuse(cf,
                          std::string(words->region.empty() ? "\"region=\"" : "\"credentials=\"") +
                              " is missing in \"private_image_s3\", write " + syntax);
        }
        return readSetting(cf, *words, location);
    } catch (const std::exception& exception) {
        return refuse(cf, std::string("not enough memory: ") + exception.what());
    }
}

constexpr ngx_uint_t everywhere = NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF;

ngx_command_t directives[] = {{ngx_string("private_image_s3"), everywhere | NGX_CONF_1MORE, readS3,
                               NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},
                              ngx_null_command};

// ------------------------------------------------------------------ merging

void* createMain(ngx_conf_t* cf) {
    try {
        return makeInPool<S3Locations>(cf->pool);
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}

void* createLocation(ngx_conf_t* cf) {
    auto* location = static_cast<S3Location*>(ngx_pcalloc(cf->pool, sizeof(S3Location)));
    if (location != nullptr) {
        location->setting = static_cast<S3Setting*>(NGX_CONF_UNSET_PTR);
    }
    return location;
}

// For the http block itself, which is not merged into another.
char* initMain(ngx_conf_t* cf, void*) {
    auto* location = static_cast<S3Location*>(
        ngx_http_conf_get_module_loc_conf(cf, ngx_http_private_image_s3_module));
    location->headers = writtenProxyHeaders(cf);
    return NGX_CONF_OK;
}

char* mergeLocation(ngx_conf_t* cf, void* parent, void* child) {
    auto& above = *static_cast<S3Location*>(parent);
    auto& location = *static_cast<S3Location*>(child);
    try {
        ngx_conf_merge_ptr_value(location.setting, above.setting, nullptr);
        addSigningHeaders(cf, location, above);
        if (location.setting != nullptr) {
            rememberLocation(cf, *location.setting);
        }
        return NGX_CONF_OK;
    } catch (const std::bad_alloc&) {
        return refuse(cf, "private_image_s3: not enough memory");
    }
}

// ------------------------------------------------------------------ installation

ngx_int_t preconfigure(ngx_conf_t* cf) {
    try {
        return addS3Variables(cf);
    } catch (const std::bad_alloc&) {
        return NGX_ERROR;
    }
}

// Also under `nginx -t`, once `user` and all gates are known.
ngx_int_t completeConfiguration(ngx_cycle_t* cycle) {
    try {
        warnOfLocations(cycle);
        return NGX_OK;
    } catch (const std::bad_alloc&) {
        return NGX_ERROR;
    }
}

ngx_http_module_t moduleContext = {preconfigure, nullptr, createMain,     initMain,
                                   nullptr,      nullptr, createLocation, mergeLocation};

}  // namespace
}  // namespace private_image

extern "C" {

__attribute__((visibility("default")))
ngx_module_t ngx_http_private_image_s3_module = {NGX_MODULE_V1,
                                                 &private_image::moduleContext,
                                                 private_image::directives,
                                                 NGX_HTTP_MODULE,
                                                 nullptr,
                                                 private_image::completeConfiguration,
                                                 nullptr,
                                                 nullptr,
                                                 nullptr,
                                                 nullptr,
                                                 nullptr,
                                                 NGX_MODULE_V1_PADDING};
}
