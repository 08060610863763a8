// Errors of S3 on their way in: the beginning of their body, and what its code means. Knows neither
// fetches nor originals; none of the body goes any further.
#pragma once

#include <string>

#include "nginx/host/ngx.hpp"

namespace private_image {

class StorageError {
public:
    // Takes what is of use of a buffer of the answer's body, and marks all of it as read.
    void take(ngx_buf_t* buffer);

    // No more of it is of use.
    bool isFull() const;

    // The word in <Code>; empty: there is none.
    std::string code() const;

private:
    std::string body_;
    std::size_t passed_ = 0;  // bytes that were not kept
};

// True for an error that S3 itself answered, and whose body is still to come. HEAD has none.
bool isStorageError(ngx_http_request_t* r, ngx_uint_t status);

// True where an error_page led to a location of S3, which has answered with an error itself: nobody
// may see that, since S3 tells what was signed, a session token included.
bool isStorageErrorPage(ngx_http_request_t* r);

}  // namespace private_image
