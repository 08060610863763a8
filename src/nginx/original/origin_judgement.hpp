// Collects the facts of an origin's answer for access/image_judgement, which judges it.
#pragma once

#include "access/image_judgement.hpp"
#include "nginx/request/request.hpp"

namespace private_image {

RequestAccess accessOf(const RequestContext& context);
JudgedImage judgedImage(const RequestContext& context, const Source& source);

// What an answer brought with it from the answers that led to it inside NGINX.
struct RedirectFacts {
    Mark mark = Mark::unknown;
    bool headersLost = false;
};

OriginAnswer readOriginAnswer(const RequestContext& context, ngx_http_request_t* r,
                              ngx_uint_t status, const AnswerHeaders& headers,
                              const RedirectFacts& redirect);

// Keeps in shared memory what is learned of one image that was asked for at `requestedAt`.
class SharedKnowledge final : public ImageKnowledge {
public:
    SharedKnowledge(const RequestContext& context, const Source& source, Milliseconds requestedAt)
        : context_(context), source_(source), requestedAt_(requestedAt) {}
    OriginState remember(const OriginState& state) override;
    void rememberMissing() override;

private:
    const RequestContext& context_;
    const Source& source_;
    Milliseconds requestedAt_;
};

}  // namespace private_image
