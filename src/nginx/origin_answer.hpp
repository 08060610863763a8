// What the headers of an origin's answer say of revision and lifetime. Knows nothing of marks.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "memory/image_reading.hpp"
#include "nginx/ngx.hpp"

namespace private_image {

struct AnswerHeaders {
    std::string etag, lastModified;  // as they were sent; empty: none
    time_t lastModifiedTime = -1;
    std::string cacheControl;
    std::optional<std::int64_t> expires;                      // seconds from now
    std::int64_t age = 0;                                     // seconds
    std::vector<std::pair<std::string, std::string>> copied;  // what a derivative takes over
};

AnswerHeaders readAnswerHeaders(ngx_http_request_t* r);

// True if the answer names a lifetime, or forbids one.
bool hasLifetime(const AnswerHeaders& headers);

}  // namespace private_image
