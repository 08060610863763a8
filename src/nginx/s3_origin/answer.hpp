// Error answers of S3: the beginning of their body, and its error code. No byte of the body is
// forwarded.
#pragma once

#include <string>

#include "nginx/host/ngx.hpp"

namespace private_image {

class StorageError {
public:
    // Copies what is needed of a buffer of the answer's body, and marks all of it as read.
    void read(ngx_buf_t* buffer);

    // True if the rest of the body is not needed.
    bool isFull() const;

    // The word in <Code>; empty if there is no such element.
    std::string code() const;

private:
    std::string body_;
    std::size_t skipped_ = 0;  // bytes that were not copied
};

// True for an error that S3 itself answered and whose body follows. Answers to HEAD have no body.
bool isStorageError(ngx_http_request_t* r, ngx_uint_t status);

// True if an error_page led to a location of S3, which has answered with an error itself. No client
// may get that body, which repeats what was signed, including a session token.
bool isStorageErrorPage(ngx_http_request_t* r);

}  // namespace private_image
