#include "access/error_redirect.hpp"

namespace private_image {

bool mayRedirectToSource(Reason reason) {
    switch (reason) {
        case Reason::tooLarge:
        case Reason::unsupportedType:
        case Reason::damaged:
        case Reason::outputTooLarge:
        case Reason::timeout:
            return true;
        default:
            return false;
    }
}

}  // namespace private_image
