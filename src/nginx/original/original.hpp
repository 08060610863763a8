// Delivers an untouched original by the location's own handler, and judges it on the way back.
#pragma once

#include <optional>
#include <vector>

#include "access/image_judgement.hpp"
#include "folder_store/file_mark.hpp"
#include "nginx/request/request.hpp"
#include "nginx/s3_origin/answer.hpp"

namespace private_image {

// The header filters return the code that ends the answer; nothing where it may go out.
class OriginalDelivery final : public Delivery {
public:
    explicit OriginalDelivery(RequestContext& context) : context_(context) {}

    // Sends the main request on to the origin; `isElsewhere`: private_image_origin leads there.
    // Returns what a PRECONTENT handler returns.
    ngx_int_t start(bool isElsewhere);

    void onDeadline() override;
    void release() override {}
    void leave() override { stage_ = Stage::left; }
    ImageSubrequest* subrequestOf(const ngx_http_request_t*) override { return nullptr; }
    std::vector<ngx_msec_t> originTimes() const override;

    // True while its answer has not been judged.
    bool awaitsJudgement() const;

    // True while the body of S3's error is read, for filterStorageError().
    bool readsStorageError() const;

    bool isJudged() const { return stage_ == Stage::judged; }

    // True for the statuses that its answer may have.
    bool isExpectedStatus(ngx_uint_t status) const;

    // Header filter of its answer.
    std::optional<ngx_int_t> filterHeader();

    // Header filter of a further slice: the mark may have changed since the first.
    std::optional<ngx_int_t> filterSliceHeader(ngx_http_request_t* r);

    // Body filter while the error of S3 is read. Refuses the original at its end.
    ngx_int_t filterStorageError(ngx_chain_t* in);

    // An error_page answers instead of an original that failed with `status`: the original is
    // refused, and what comes is judged as an error page. `headersLost`: proxy_cache kept the error
    // without them.
    void refuseForErrorPage(ngx_uint_t status, bool headersLost);

    RedirectFacts redirect;  // of the answers that led elsewhere inside NGINX

private:
    enum class Stage : std::uint8_t {
        awaitsAnswer,
        readsStorageError,
        judged,
        left,  // the request has gone to another gate, or has ended
    };

    ExpectedAnswer expected() const;
    OriginAnswer readAnswer(ngx_uint_t status) const;
    ngx_uint_t statusOfAnswer() const;
    bool isRedirectOfErrorPage() const;
    std::optional<ngx_int_t> refuseAnswer(const AnswerJudgement& judgement);
    ngx_int_t refuseByStorageError();

    RequestContext& context_;
    Stage stage_ = Stage::awaitsAnswer;
    bool strippedConditions_ = false;  // NGINX applies the client's conditions itself
    bool confirmsKnown_ = false;       // a 304 would confirm the revision that is remembered
    FileFacts file_;                   // from which the answer is sent
    StorageError storageError_;
};

// The original that a request delivers; null where it delivers none.
OriginalDelivery* originalOf(const RequestContext& context);

// True for an original whose answer has not been judged.
bool awaitsJudgement(const RequestContext& context);

// Sends the main request on to the origin. Returns what a PRECONTENT handler returns.
ngx_int_t deliverOriginal(RequestContext& context);

}  // namespace private_image
