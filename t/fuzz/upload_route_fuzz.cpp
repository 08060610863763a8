// Request targets of both services' APIs: a method, a blank, a target.
#include "fuzzing.hpp"
#include "upload/cloudflare_api/routes.hpp"
#include "upload/image_name.hpp"
#include "upload/imagekit_api/answer.hpp"
#include "upload/imagekit_api/management.hpp"

namespace {

using namespace private_image;
using namespace private_image::fuzzing;
using namespace private_image::upload;

bool isAboutOneFile(ImagekitCall call) {
    return call == ImagekitCall::details || call == ImagekitCall::edit ||
           call == ImagekitCall::remove;
}

void tryImagekit(std::string_view method, std::string_view target) {
    const auto route = parseImagekitRoute(method, target);
    if (!route) {
        require(isPrintable(route.error().message), "messages are printable");
        return;
    }
    require(route->path.empty() != isAboutOneFile(route->call), "calls about a file have a path");
    if (!route->path.empty()) {
        require(storedPathError(route->path).empty(), "paths are valid", route->path);
        require(target.find("/" + fileIdOf(route->path)) != target.npos, "an id has one spelling",
                route->path);
    }
}

void tryCloudflare(std::string_view method, std::string_view target) {
    const auto route = parseCloudflareRoute(method, target);
    if (!route) {
        require(isPrintable(route.error().error.message), "messages are printable");
        return;
    }
    require(route->account.empty() == (route->call == CloudflareCall::creatorUpload),
            "calls of the API have an account");
    require(route->account.find('/') == std::string::npos, "an account is one segment");
    if (!route->id.empty()) {
        require(storedPathError("/" + route->id).empty(), "ids are valid", route->id);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view line = textOf(data, size);
    const std::size_t blank = std::min(line.find(' '), line.size());
    const std::string_view method = line.substr(0, blank);
    const std::string_view target = line.substr(std::min(blank + 1, line.size()));
    tryImagekit(method, target);
    tryCloudflare(method, target);
    return 0;
}
