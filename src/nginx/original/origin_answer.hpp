// The revision and the lifetime that the headers of an origin's answer name.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "image_state/origin_state.hpp"
#include "nginx/host/ngx.hpp"

namespace private_image {

struct AnswerHeaders : CachingHeaders {
    std::string etag, lastModified;  // as they were sent; empty: none
    time_t lastModifiedTime = -1;
    IgnoredHeaders ignored;
    std::int64_t age = 0;                                     // seconds
    std::vector<std::pair<std::string, std::string>> copied;  // what a derivative takes over
};

// `gateLocations`: the gate's configuration, whose ignore_headers directives count as well as those
// of the location that answered.
AnswerHeaders readAnswerHeaders(ngx_http_request_t* r, void** gateLocations);

// True if the answer names a lifetime for clients, or forbids one.
bool hasLifetime(const AnswerHeaders& headers);

}  // namespace private_image
