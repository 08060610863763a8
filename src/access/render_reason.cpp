#include "access/render_reason.hpp"

namespace private_image {

Reason reasonOf(RenderProblem problem) {
    switch (problem) {
        case RenderProblem::unsupportedType:
            return Reason::unsupportedType;
        case RenderProblem::tooLarge:
            return Reason::tooLarge;
        case RenderProblem::damaged:
            return Reason::damaged;
        case RenderProblem::badOptions:
            return Reason::badOptions;
        case RenderProblem::outputTooLarge:
            return Reason::outputTooLarge;
        case RenderProblem::timeout:
            return Reason::timeout;
        case RenderProblem::cancelled:
        case RenderProblem::internal:
            return Reason::internal;
    }
    return Reason::internal;
}

}  // namespace private_image
