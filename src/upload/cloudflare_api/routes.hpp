// The calls of Cloudflare's API: which one a request is.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "upload/outcome.hpp"

namespace private_image::upload {

enum class CloudflareCall : std::uint8_t {
    upload,         // POST accounts/<account>/images/v1
    directUpload,   // POST accounts/<account>/images/v1/direct_upload, and v2
    details,        // GET accounts/<account>/images/v1/<id>
    edit,           // PATCH …
    remove,         // DELETE …
    blob,           // GET accounts/<account>/images/v1/<id>/blob
    creatorUpload,  // POST upload/<hash>/<id>: see one_time_url.hpp
};

struct CloudflareRoute {
    CloudflareCall call = CloudflareCall::upload;
    std::string account;  // empty for creatorUpload
    std::string id;       // decoded; of calls for one image

    bool operator==(const CloudflareRoute&) const = default;
};

// `target`: the request target below the door's location, as it was sent, without leading slash: an
// id is one segment of it, with %2F for each slash in the id. `notServed` for other calls of the
// API, `notFound` for all else. An error about a call of the API has been judged without a
// credential: it should be sent only after checkCloudflareKey() has accepted the account.
struct RouteError {
    UploadError error;
    std::string account;  // empty: the path names none, and the error needs no credential
};
Result<CloudflareRoute, RouteError> parseCloudflareRoute(std::string_view method,
                                                         std::string_view target);

}  // namespace private_image::upload
