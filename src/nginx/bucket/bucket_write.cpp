#include "nginx/bucket/bucket_write.hpp"

#include <algorithm>
#include <utility>

#include "nginx/shared_memory/claims.hpp"
#include "upload/image_details.hpp"

namespace private_image {
namespace {

constexpr const char* notRemoved = ", and the image could not be removed";
constexpr unsigned maxTries = 2;

}  // namespace

BucketWrite::BucketWrite(ngx_http_request_t* r, Bucket& bucket, BucketImage image)
    : bucket_(bucket),
      image_(std::move(image)),
      request_(r, bucket),
      lock_(r->connection->log),
      pin_(image_.names) {}

void BucketWrite::start() {
    lock_.acquire(image_.object, [this](LockResult result) { onLocked(result); });
}

// The door's configuration demands a zone: without room, there is nothing that excludes others.
void BucketWrite::onLocked(LockResult result) {
    if (result != LockResult::held) {
        fail(WriteProblem::isBusy, "other uploads of this name take too long, or the zone is full");
        return;
    }
    // From before its first byte can be found, a private upload is known to be private.
    if (image_.isPrivate && !pin_.set(bucket_.gate->readerDigest)) {
        fail(WriteProblem::isBusy, "the zone has no room for the mark");
        return;
    }
    if (image_.mayReplace) {
        put(false);
    } else if (bucket_.refusesConditions) {
        look();
    } else {
        put(true);
    }
}

// ------------------------------------------------------------------ requests

void BucketWrite::ask(Step next, BucketMethod method, const std::string& uri,
                      const std::vector<MetadataHeader>& headers, bool withBody) {
    request_.finished = [this, next] { (this->*next)(); };
    if (!request_.start(method, uri, headers, withBody ? &image_.body : nullptr)) {
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
    ask(&BucketWrite::onPut, BucketMethod::put, image_.uri, headers, true);
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

bool BucketWrite::tryAgain(Step step) {
    if (++tries_ >= maxTries) {
        tries_ = 0;
        return false;
    }
    (this->*step)();
    return true;
}

void BucketWrite::onPut() {
    const BucketAnswer& answer = request_.answer();
    if (isSuccess(answer)) {
        writtenEtag_ = answer.etag;
        tries_ = 0;
        readBack();
    } else if (isUnknownAnswer(answer)) {
        const bool isSilent = answer.status == NGX_HTTP_GATEWAY_TIME_OUT && !answer.isOfStore;
        isPutAnswered_ = answer.isOfStore;
        putError_ = {isSilent ? WriteProblem::silent : WriteProblem::unknown,
                     "PUT: status " + std::to_string(answer.status) +
                         (answer.isOfStore ? "" : " of NGINX, which has no answer of the store")};
        ask(&BucketWrite::onPutUnknown, BucketMethod::head, image_.uri);
    } else if (isConditional_ && answer.status == NGX_HTTP_PRECONDITION_FAILED) {
        ask(&BucketWrite::onConflict, BucketMethod::head, image_.uri);
    } else if (answer.status == NGX_HTTP_CONFLICT && tries_ + 1 < maxTries) {
        tries_++;
        put(isConditional_);
    } else if (isConditional_ && answer.status == NGX_HTTP_NOT_IMPLEMENTED) {
        bucket_.refusesConditions = true;
        look();
    } else {
        fail(WriteProblem::refused, "PUT");
    }
}

// Whether the image was stored is not known: the object shows it. A store that has not answered may
// yet do what it was asked for.
void BucketWrite::onPutUnknown() {
    const bool isKnown = isMissingObject(request_.answer()) || isOfAnother();
    if (isOurs()) {
        readBack();
    } else {
        end(putError_, isPutAnswered_ && isKnown);
    }
}

// NGINX may have sent the request twice, as over a connection that broke: the second one then found
// the object of the first.
void BucketWrite::onConflict() {
    if (isOurs()) {
        readBack();
    } else if (isOfAnother() || isSuccess(request_.answer())) {
        fail(WriteProblem::exists, "it exists");
    } else {
        end(WriteError{WriteProblem::unknown, "PUT: a conflict, and the image cannot be read"},
            false);
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

bool BucketWrite::isOfAnother() const {
    const auto details = upload::parseDetails(request_.answer().details);
    return isSuccess(request_.answer()) && details && !details->uploadId.empty() &&
           details->uploadId != image_.uploadId;
}

void BucketWrite::readBack() {
    if (!image_.isPrivate) {
        end(std::nullopt);
        return;
    }
    ask(&BucketWrite::onReadBack, BucketMethod::head, image_.gateUri);
}

// Proof is only the upload's own id with its mark, as the gate reads it.
void BucketWrite::onReadBack() {
    const BucketAnswer& answer = request_.answer();
    const auto details = upload::parseDetails(answer.details);
    if (isSuccess(answer) && details && details->uploadId == image_.uploadId &&
        answer.mark == Mark::privateImage) {
        end(std::nullopt);
        return;
    }
    if (isUnknownAnswer(answer) && tryAgain(&BucketWrite::readBack)) {
        return;
    }
    isReadBackUnknown_ = isUnknownAnswer(answer);
    readBackDetail_ = isSuccess(answer)
                          ? "the origin's answer has no flag header that the gate reads"
                          : "the origin answers " + std::to_string(answer.status);
    ask(&BucketWrite::onStoreRead, BucketMethod::head, image_.uri);
}

// What the store itself has decides: ours, of which the gate does not see the mark; another
// machine's upload, which proves nothing and stays; or nothing, where it was removed meanwhile.
void BucketWrite::onStoreRead() {
    if (isMissingObject(request_.answer())) {
        end(std::nullopt);
    } else if (isOfAnother()) {
        end(std::nullopt, false);
    } else if (isReadBackUnknown_ || !isOurs()) {
        end(WriteError{isReadBackUnknown_ ? WriteProblem::unknown : WriteProblem::markUnseen,
                       readBackDetail_ + notRemoved},
            false);
    } else {
        ask(&BucketWrite::onRemoved, BucketMethod::remove, image_.uri);
    }
}

void BucketWrite::onRemoved() {
    const bool isRemoved = isSuccess(request_.answer());
    end(WriteError{WriteProblem::markUnseen, readBackDetail_ + (isRemoved ? "" : notRemoved)},
        isRemoved);
}

// ------------------------------------------------------------------ the end

void BucketWrite::fail(WriteProblem problem, std::string_view what) {
    std::string detail(what);
    if (request_.answer().status != 0) {
        detail += ": status " + std::to_string(request_.answer().status);
    }
    end(WriteError{problem, std::move(detail)});
}

// `isComplete`: what the bucket has is known, and the gate sees its mark. Else the image stays
// private for a day, until a later upload is complete. Who has not held the lock has changed
// nothing.
void BucketWrite::end(std::optional<WriteError> error, bool isComplete) {
    const bool hasChangedNothing = error && (error->problem == WriteProblem::exists ||
                                             error->problem == WriteProblem::isBusy ||
                                             error->problem == WriteProblem::refused);
    if (isComplete && lock_.isHeld()) {
        hasChangedNothing ? pin_.withdraw() : pin_.end();
    }
    lock_.release();
    std::exchange(finished, nullptr)(std::move(error));
}

}  // namespace private_image
