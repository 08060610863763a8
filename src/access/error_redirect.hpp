// onerror=redirect: what may be seen, but cannot be made, is shown as it is.
#pragma once

#include "access/reason.hpp"

namespace private_image {

// True for the failures after which the client may be redirected to the untransformed image, if it
// may see that. Never for a refusal, and never for a failure of this server, since what is known of
// the image may be invalid then.
bool mayRedirectToSource(Reason reason);

}  // namespace private_image
