// The mark of what is shown in place of an image, or beside it: an error page, an include, the
// image of another gate.
#pragma once

#include "access/privacy_mark.hpp"
#include "nginx/request/request.hpp"

namespace private_image {

// The mark of the error page that a request was led to. The headers of the image for which it
// stands do not count, but the gate's rules for that image do, where the page may be the same.
Mark markOfErrorPage(RequestContext& context);

// The mark of what a subrequest adds to the answer: an include by SSI or add_after_body.
Mark markOfInclude(RequestContext& context, ngx_http_request_t* r);

// What one gate says of its image to the next, where an internal redirect has led on to that under
// the same name: that it is private, or nothing.
Mark markForNextGate(RequestContext& context);

}  // namespace private_image
