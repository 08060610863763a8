#include "nginx/bucket/bucket_write.hpp"

#include <utility>

#include "upload/image_details.hpp"

namespace private_image {
namespace {

constexpr const char* notRemoved = ", and the image could not be removed";

}  // namespace

BucketWrite::BucketWrite(ngx_http_request_t* r, Bucket& bucket, BucketImage image)
    : bucket_(bucket), image_(std::move(image)), request_(r, bucket), lock_(r->connection->log) {}

void BucketWrite::start() {
    lock_.acquire(image_.uri, [this](LockResult result) { onLocked(result); });
}

// Without the zone, uploads that may replace do so, as they would on two machines.
void BucketWrite::onLocked(LockResult result) {
    if (result == LockResult::busy) {
        fail(WriteProblem::isBusy, "other uploads of this name take too long");
    } else if (image_.mayReplace) {
        put(false);
    } else if (!bucket_.refusesConditions) {
        put(true);
    } else if (result == LockResult::held) {
        look();
    } else {
        fail(WriteProblem::isBusy, "the zone has no room to exclude other uploads");
    }
}

// ------------------------------------------------------------------ requests

void BucketWrite::ask(Step next, BucketMethod method, const std::string& uri,
                      std::vector<MetadataHeader> headers, bool withBody) {
    request_.finished = [this, next] { (this->*next)(); };
    if (!request_.start(method, uri, std::move(headers), withBody ? &image_.body : nullptr)) {
        fail(WriteProblem::refused, "NGINX refuses a subrequest");
    }
}

void BucketWrite::put(bool onlyIfMissing) {
    isConditional_ = onlyIfMissing;
    std::vector<MetadataHeader> headers = metadataOf(image_.isPrivate, image_.details);
    headers.push_back({"Content-Type", image_.type});
    if (onlyIfMissing) {
        headers.push_back({"If-None-Match", "*"});
    }
    ask(&BucketWrite::onPut, BucketMethod::put, image_.uri, std::move(headers), true);
}

// For a store without conditional requests: the lock excludes other uploads.
void BucketWrite::look() {
    ask(&BucketWrite::onLooked, BucketMethod::head, image_.uri);
}

void BucketWrite::onLooked() {
    if (isMissingObject(request_.answer())) {
        put(false);
    } else if (isSuccess(request_.answer())) {
        fail(WriteProblem::exists, "it exists");
    } else {
        fail(WriteProblem::refused, "HEAD");
    }
}

// ------------------------------------------------------------------ the answer to a PUT

void BucketWrite::onPut() {
    const BucketAnswer& answer = request_.answer();
    if (isSuccess(answer)) {
        writtenEtag_ = answer.etag;
        readBack();
    } else if (!answer.isOfStore) {
        const bool isSilent = answer.status == NGX_HTTP_GATEWAY_TIME_OUT;
        putError_ = {isSilent ? WriteProblem::silent : WriteProblem::unknown,
                     isSilent ? "PUT: no answer in time" : "PUT: the connection broke", true};
        ask(&BucketWrite::onPutUnknown, BucketMethod::head, image_.uri);
    } else if (isConditional_ && answer.status == NGX_HTTP_PRECONDITION_FAILED) {
        ask(&BucketWrite::onConflict, BucketMethod::head, image_.uri);
    } else if (answer.status == NGX_HTTP_CONFLICT && !hasTriedAgain_) {
        hasTriedAgain_ = true;
        put(isConditional_);
    } else if (isConditional_ && answer.status == NGX_HTTP_NOT_IMPLEMENTED) {
        bucket_.refusesConditions = true;
        lock_.release();
        start();
    } else {
        fail(WriteProblem::refused, "PUT");
    }
}

// Whether the image was stored is not known: the object shows it.
void BucketWrite::onPutUnknown() {
    if (isOurs()) {
        readBack();
    } else {
        end(putError_);
    }
}

// NGINX may have sent the request twice, as over a connection that broke: the second one then found
// the object of the first.
void BucketWrite::onConflict() {
    if (isOurs()) {
        readBack();
    } else {
        fail(WriteProblem::exists, "it exists");
    }
}

// ------------------------------------------------------------------ reading back

bool BucketWrite::isOurs() const {
    const BucketAnswer& answer = request_.answer();
    if (!isSuccess(answer)) {
        return false;
    }
    const auto details = upload::parseDetails(answer.details);
    const bool hasId = details && !details->uploadId.empty();
    return hasId ? details->uploadId == image_.uploadId
                 : !writtenEtag_.empty() && answer.etag == writtenEtag_;
}

void BucketWrite::readBack() {
    if (!image_.isPrivate) {
        end(std::nullopt);
        return;
    }
    ask(&BucketWrite::onReadBack, BucketMethod::head, image_.gateUri);
}

// The object of another machine's upload, which has replaced this one, proves nothing and stays.
void BucketWrite::onReadBack() {
    const BucketAnswer& answer = request_.answer();
    const bool isReplaced = isSuccess(answer) && !isOurs();
    if (isReplaced || (isOurs() && answer.mark == Mark::privateImage)) {
        end(std::nullopt);
        return;
    }
    readBackDetail_ = isSuccess(answer)
                          ? "the origin's answer has no flag header that the gate reads"
                          : "the origin answers " + std::to_string(answer.status);
    ask(&BucketWrite::onUnseenFound, BucketMethod::head, image_.uri);
}

void BucketWrite::onUnseenFound() {
    if (isOurs()) {
        ask(&BucketWrite::onRemoved, BucketMethod::remove, image_.uri);
    } else {
        end(WriteError{WriteProblem::markUnseen, readBackDetail_ + notRemoved, true});
    }
}

void BucketWrite::onRemoved() {
    const bool isRemoved = isSuccess(request_.answer());
    end(WriteError{WriteProblem::markUnseen, readBackDetail_ + (isRemoved ? "" : notRemoved),
                   !isRemoved});
}

// ------------------------------------------------------------------ the end

void BucketWrite::fail(WriteProblem problem, std::string_view what) {
    std::string detail(what);
    if (request_.answer().status != 0) {
        detail += ": status " + std::to_string(request_.answer().status);
    }
    end(WriteError{problem, std::move(detail), false});
}

void BucketWrite::end(std::optional<WriteError> error) {
    lock_.release();
    std::exchange(finished, nullptr)(std::move(error));
}

}  // namespace private_image
