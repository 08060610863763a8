#include "upload/cloudflare_api/routes.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "base/encoding.hpp"
#include "dialect/parsed_request.hpp"
#include "upload/image_name.hpp"

namespace private_image::upload {

namespace {

using Segments = std::vector<std::string_view>;

constexpr std::size_t maxSegments = 8;
constexpr std::string_view accountsSegment = "accounts";
constexpr std::string_view imagesSegment = "images";
constexpr std::string_view uploadSegment = "upload";
constexpr std::string_view directUploadSegment = "direct_upload";

// First segments below images/v1 of calls that are not served.
constexpr std::array<std::string_view, 5> notServedNames{"batch_token", "config", "keys", "stats",
                                                         "variants"};

Segments segmentsOf(std::string_view path) {
    Segments segments;
    for (std::size_t begin = 0; begin <= path.size() && segments.size() <= maxSegments;) {
        const std::size_t end = std::min(path.find('/', begin), path.size());
        segments.push_back(path.substr(begin, end - begin));
        begin = end + 1;
    }
    return segments;
}

// A call of the API below its account.
struct Call {
    std::string_view method;
    std::string name;  // for messages
    std::string account;
    Segments rest;  // below images/v1 or images/v2

    bool is(std::string_view otherMethod, std::size_t segments) const {
        return method == otherMethod && rest.size() == segments;
    }

    Error<RouteError> notServed() const {
        return Error{
            RouteError{{Outcome::notServed, "The call " + name + " is not served here."}, account}};
    }

    Error<RouteError> noRoute() const {
        return Error{RouteError{{Outcome::notFound,
                                 "Could not route to " + name +
                                     ", perhaps your object identifier is invalid? A slash in "
                                     "it is written %2F, and upload URLs take POST.",
                                 noRouteCode},
                                account}};
    }
};

// The id of the first segment; empty where no image can have it.
std::optional<std::string> idOf(const Call& call) {
    auto id = percentDecode(call.rest.front());
    return id && storedPathError("/" + *id).empty() ? id : std::nullopt;
}

Result<CloudflareRoute, RouteError> routeToImage(const Call& call, CloudflareCall kind) {
    auto id = idOf(call);
    if (!id) {
        return Error{RouteError{{Outcome::notFound, "Image not found"}, call.account}};
    }
    return CloudflareRoute{kind, call.account, *std::move(id)};
}

Result<CloudflareRoute, RouteError> routeOfV1(const Call& call) {
    if (call.is("POST", 0)) {
        return CloudflareRoute{CloudflareCall::upload, call.account, {}};
    }
    if (call.is("GET", 0)) {
        return call.notServed();
    }
    if (call.rest.empty() || call.rest.front().empty()) {
        return call.noRoute();
    }
    if (call.rest.front() == directUploadSegment) {
        return call.is("POST", 1) ? Result<CloudflareRoute, RouteError>(CloudflareRoute{
                                        CloudflareCall::directUpload, call.account, {}})
                                  : call.noRoute();
    }
    if (std::ranges::find(notServedNames, call.rest.front()) != notServedNames.end()) {
        return call.notServed();
    }
    if (call.is("GET", 1)) {
        return routeToImage(call, CloudflareCall::details);
    }
    if (call.is("PATCH", 1)) {
        return routeToImage(call, CloudflareCall::edit);
    }
    if (call.is("DELETE", 1)) {
        return routeToImage(call, CloudflareCall::remove);
    }
    if (call.is("GET", 2) && call.rest.back() == "blob") {
        return routeToImage(call, CloudflareCall::blob);
    }
    return call.noRoute();
}

Result<CloudflareRoute, RouteError> routeOfV2(const Call& call) {
    if (call.is("POST", 1) && call.rest.front() == directUploadSegment) {
        return CloudflareRoute{CloudflareCall::directUpload, call.account, {}};
    }
    if (call.is("GET", 0)) {
        return call.notServed();
    }
    return call.noRoute();
}

}  // namespace

Result<CloudflareRoute, RouteError> parseCloudflareRoute(std::string_view method,
                                                         std::string_view target) {
    const std::string_view path = target.substr(0, target.find('?'));
    const Segments segments = segmentsOf(path);
    Call call{method, inQuotes(std::string(method) + " /" + std::string(path)), {}, {}};
    if (method == "POST" && segments.size() == 3 && segments[0] == uploadSegment) {
        call.rest = {segments[2]};
        return routeToImage(call, CloudflareCall::creatorUpload);
    }
    if (segments.size() < 4 || segments[0] != accountsSegment || segments[1].empty() ||
        segments[2] != imagesSegment) {
        return call.noRoute();
    }
    call.account = segments[1];
    call.rest.assign(segments.begin() + 4, segments.end());
    if (segments[3] == "v1") {
        return routeOfV1(call);
    }
    return segments[3] == "v2" ? routeOfV2(call) : call.noRoute();
}

}  // namespace private_image::upload
