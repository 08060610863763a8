// Collects the facts of an origin's answer for access/image_judgement, which judges it.
#pragma once

#include "access/image_judgement.hpp"
#include "folder_store/file_mark.hpp"
#include "nginx/original/origin_answer.hpp"
#include "nginx/request/request.hpp"

namespace private_image {

RequestAccess accessOf(const RequestContext& context);
JudgedImage judgedImage(const Source& source);

// `redirect`: of the answers that led to this one inside NGINX. `file`: from which it is sent.
OriginAnswer readOriginAnswer(const RequestContext& context, ngx_http_request_t* r,
                              ngx_uint_t status, const AnswerHeaders& headers,
                              const RedirectFacts& redirect, const FileFacts& file);

// What an original, or what is fetched, failed with, where error_page answers in its place.
ngx_uint_t statusOfError(const RequestContext& context, const ngx_http_request_t* r);

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
