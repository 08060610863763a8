// Sends a derivative: headers as its record says, then its bytes.
#pragma once

#include <string_view>
#include <variant>

#include "image_state/entry_record.hpp"
#include "nginx/derivative/cache.hpp"
#include "nginx/request/request.hpp"

namespace private_image {

// The entry that was found in the cache.
struct CachedBody {
    DerivativeCache& cache;
};

// What was rendered, in libvips' memory or in the job's file. The job lives as long as the context.
struct RenderedBody {
    const RenderJob& job;
};

// The source itself, an SVG. It lives as long as the context.
struct SvgBody {
    const ByteBuffer& bytes;
    std::string_view contentType;  // of the origin's answer
};

using DerivativeBody = std::variant<CachedBody, RenderedBody, SvgBody>;

// `isDefaultImage`: it is sent in place of a missing original. Returns the code that finalizes the
// request.
ngx_int_t sendDerivative(RequestContext& context, const EntryRecord& record,
                         const DerivativeBody& body, bool isDefaultImage);

}  // namespace private_image
