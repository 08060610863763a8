#include "render/vips_plugins.hpp"

#include <dlfcn.h>
#include <gmodule.h>
#include <vips/vips.h>

#include <string>

namespace private_image {
namespace {

constexpr const char* homeVariable = "VIPSHOME";
constexpr const char* emptyHome = "/dev/null";  // no file can be below it

// Beside libvips itself, named for its version; empty if the linker does not know its file.
std::string pluginFolder() {
    Dl_info library;
    if (dladdr(reinterpret_cast<void*>(&vips_init), &library) == 0 ||
        library.dli_fname == nullptr) {
        return {};
    }
    const std::string file = library.dli_fname;
    return file.substr(0, file.rfind('/') + 1) + "vips-modules-" + std::to_string(vips_version(0)) +
           '.' + std::to_string(vips_version(1));
}

// A plugin that is missing is a codec that libvips itself has, or that is not installed.
void loadPlugin(const std::string& file) {
    if (GModule* plugin = g_module_open(file.c_str(), G_MODULE_BIND_LAZY)) {
        g_module_make_resident(plugin);  // its types cannot be removed
    }
}

}  // namespace

bool initVips() {
    constexpr const char* name = "private_image";
    if (g_getenv(homeVariable) != nullptr) {
        return VIPS_INIT(name) == 0;
    }
    g_setenv(homeVariable, emptyHome, TRUE);
    const bool isStarted = VIPS_INIT(name) == 0;
    g_unsetenv(homeVariable);
    const std::string folder = pluginFolder();
    if (isStarted && !folder.empty()) {
        loadPlugin(folder + "/vips-heif.so");
        loadPlugin(folder + "/vips-jxl.so");
    }
    return isStarted;
}

}  // namespace private_image
