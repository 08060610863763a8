#include "nginx/door/bucket_files.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "nginx/request/request.hpp"
#include "upload/image_details.hpp"

namespace private_image {

BucketFiles::BucketFiles(ngx_http_request_t* r, const Door& door, FileWork work)
    : FileWork(std::move(work)),
      door_(door),
      request_(r, *door.bucket),
      lock_(r->connection->log) {}

void BucketFiles::start() {
    isMissing.assign(paths.size(), false);
    isRemoved.assign(paths.size(), false);
    if (paths.empty()) {
        end();
    } else if (task == FileTask::edit) {
        lockThen(&BucketFiles::look);
    } else {
        look();
    }
}

// What writes or removes an object has read it before: no other change may come between.
void BucketFiles::lockThen(Step next) {
    lock_.acquire(objectOf(door_, paths[at_]), [this, next](LockResult result) {
        if (result == LockResult::held) {
            (this->*next)();
        } else {
            refusal = {upload::Outcome::busy, "The image is being changed, retry later."};
            end();
        }
    });
}

void BucketFiles::ask(Step next, BucketMethod method, const std::string& uri,
                      const std::vector<MetadataHeader>& headers) {
    isSentToStore = isSentToStore || method != BucketMethod::head;
    request_.finished = [this, next] { (this->*next)(); };
    if (!request_.start(method, uri, headers)) {
        fail("NGINX refuses a subrequest");
    }
}

// ------------------------------------------------------------------ looking

void BucketFiles::look() {
    if (!pathError(door_, paths[at_]).empty()) {
        isMissing[at_] = true;
        next();
        return;
    }
    ask(&BucketFiles::onLooked, BucketMethod::head, storeUri());
}

void BucketFiles::onLooked() {
    isMissing[at_] = isMissingObject(request_.answer());
    if (!isMissing[at_] && !isSuccess(request_.answer())) {
        fail("HEAD");
        return;
    }
    if (!isMissing[at_] && (task == FileTask::read || task == FileTask::edit)) {
        describe();
    }
    if (!isMissing[at_] && task == FileTask::edit) {
        change();
        return;
    }
    next();
}

void BucketFiles::next() {
    if (++at_ < paths.size()) {
        isRemoving_ ? lockThen(&BucketFiles::remove) : look();
        return;
    }
    const bool isComplete = std::ranges::find(isMissing, true) == isMissing.end();
    if (task != FileTask::remove || isRemoving_ || !isComplete) {
        end();
        return;
    }
    isRemoving_ = true;
    at_ = 0;
    lockThen(&BucketFiles::remove);
}

// An object that no upload has stored has no details: its time is that of its bytes.
void BucketFiles::describe() {
    const BucketAnswer& answer = request_.answer();
    details = upload::parseDetails(answer.details).value_or(upload::ImageDetails{});
    if (details.uploadedMs == 0) {
        details.uploadedMs = std::int64_t{answer.lastModified} * 1000;
    }
    etag = answer.length < 0 ? std::string() : answer.etag;
    image.path = paths[at_];
    image.uploadId = details.uploadId;
    image.bytes = answer.length > 0 ? static_cast<std::uint64_t>(answer.length) : 0;
    image.width = details.width;
    image.height = details.height;
    image.isPrivate =
        (answer.mark == Mark::unknown ? door_.gate->unmarked : answer.mark) == Mark::privateImage;
}

// ------------------------------------------------------------------ changing

// A store changes metadata by a copy of the object, onto itself or under another name, which has to
// repeat everything else.
void BucketFiles::change() {
    const bool wasPrivate = image.isPrivate;
    refusal = edit(image, details);
    if (refusal) {
        end();
        return;
    }
    changesMark_ = image.isPrivate != wasPrivate;
    details.changedMs = nowInMilliseconds();
    const auto json = upload::toJson(details, maxDetailsOf(door_));
    if (!json) {
        refusal = json.error();
        end();
        return;
    }
    if (image.isPrivate) {
        pin_.emplace(namesOf(door_, image.path));
        if (!pin_->set(door_.gate->readerDigest)) {
            pin_->withdraw();
            refusal = {upload::Outcome::busy, "Too many images are being changed, retry later."};
            end();
            return;
        }
    }
    ask(&BucketFiles::onCopied, BucketMethod::put, storeUriOf(door_, image.path),
        headersOfCopy(*json));
}

std::vector<MetadataHeader> BucketFiles::headersOfCopy(const std::string& json) const {
    const BucketAnswer& answer = request_.answer();
    // An object without a mark that the gate reads keeps what it has.
    const bool writesMark = image.isPrivate || changesMark_ || answer.mark != Mark::unknown;
    const auto isMark = [](const MetadataHeader& header) {
        return header.name == "x-amz-meta-isprivatefile";
    };
    std::vector<MetadataHeader> headers = metadataOf(image.isPrivate, json);
    std::erase_if(headers, [&](const auto& header) { return isMark(header) && !writesMark; });
    std::ranges::copy_if(answer.headers, std::back_inserter(headers), [&](const auto& header) {
        return !header.name.starts_with("x-amz-meta-pi-") && !(isMark(header) && writesMark);
    });
    headers.push_back({"x-amz-copy-source", copySourceOf(door_, paths[at_])});
    headers.push_back({"x-amz-metadata-directive", "REPLACE"});
    if (!answer.etag.empty()) {
        headers.push_back({"x-amz-copy-source-if-match", answer.etag});
    }
    return headers;
}

// A store may answer 200 with an error: only what the gate reads counts.
void BucketFiles::onCopied() {
    isAnswered_ = request_.answer().isOfStore;
    discardKnowledge(door_, image.path, ngx_cycle->log);
    if (isSuccess(request_.answer())) {
        ask(&BucketFiles::onChanged, BucketMethod::head, uriOf(door_, image.path));
        return;
    }
    const bool isRefused =
        request_.answer().isOfStore && request_.answer().status < NGX_HTTP_INTERNAL_SERVER_ERROR;
    setError("copy");
    if (isRefused) {
        if (pin_) {
            pin_->withdraw();
        }
        end();
    } else if (isMoved()) {
        removeCopy();  // the store may have made it
    } else {
        endUnknown();  // the store may yet copy
    }
}

void BucketFiles::onChanged() {
    discardKnowledge(door_, image.path, ngx_cycle->log);
    const BucketAnswer& answer = request_.answer();
    const auto read = upload::parseDetails(answer.details);
    const bool isMarkSeen = image.isPrivate ? answer.mark == Mark::privateImage
                                            : !changesMark_ || answer.mark == Mark::publicImage;
    if (isUnknownAnswer(answer) && !hasReadTwice_) {
        hasReadTwice_ = true;
        ask(&BucketFiles::onChanged, BucketMethod::head, uriOf(door_, image.path));
        return;
    }
    if (isSuccess(answer) && read && read->changedMs == details.changedMs && isMarkSeen) {
        isMoved() ? ask(&BucketFiles::onOldObjectRemoved, BucketMethod::remove, storeUri())
                  : endChange();
        return;
    }
    setError("the copy, as the gate reads it");
    isMoved() ? removeCopy() : endUnknown();
}

// Whether a store that fails has removed the image, the store shows.
void BucketFiles::onOldObjectRemoved() {
    discardKnowledge(door_, paths[at_], ngx_cycle->log);
    const BucketAnswer& answer = request_.answer();
    if (isSuccess(answer) || isMissingObject(answer)) {
        endChange();
        return;
    }
    setError("DELETE of an image whose copy has another mark");
    isAnswered_ = answer.isOfStore;
    ask(&BucketFiles::onOldObjectRead, BucketMethod::head, storeUri());
}

// The image must not be there twice, once with its former mark; but rather twice than not at all.
void BucketFiles::onOldObjectRead() {
    const BucketAnswer& answer = request_.answer();
    if (isMissingObject(answer)) {
        error.reset();
        endChange();
    } else if (isSuccess(answer) && isAnswered_) {
        removeCopy();
    } else {
        endUnknown();
    }
}

void BucketFiles::removeCopy() {
    ask(&BucketFiles::onCopyRemoved, BucketMethod::remove, storeUriOf(door_, image.path));
}

void BucketFiles::onCopyRemoved() {
    discardKnowledge(door_, image.path, ngx_cycle->log);
    if (isSuccess(request_.answer()) || isMissingObject(request_.answer())) {
        if (pin_) {
            pin_->end();
        }
        end();
        return;
    }
    error->detail += ", and DELETE of the copy";
    endUnknown();
}

// The gate sees the mark, so that nothing else has to see to it: also what an earlier change has
// left ends with an explicit change of the mark.
void BucketFiles::endChange() {
    if (pin_) {
        pin_->end();
    } else if (changesMark_) {
        PrivatePin(namesOf(door_, image.path)).end();
    }
    end();
}

// What the bucket has is not known; a store that has not answered may yet do what it was asked for.
void BucketFiles::endUnknown() {
    if (!isAnswered_) {
        lock_.leaveLocked();
    }
    end();
}

void BucketFiles::remove() {
    ask(&BucketFiles::onRemoved, BucketMethod::remove, storeUri());
}

void BucketFiles::onRemoved() {
    discardKnowledge(door_, paths[at_], ngx_cycle->log);
    isRemoved[at_] = isSuccess(request_.answer());
    if (isRemoved[at_]) {
        PrivatePin(namesOf(door_, paths[at_])).end();
    } else {
        setError("DELETE");
    }
    lock_.release();
    next();
}

// ------------------------------------------------------------------ the end

void BucketFiles::setError(std::string_view what) {
    const ngx_uint_t status = request_.answer().status;
    error =
        StoreError{StoreProblem::failed,
                   std::string(what) + (status == 0 ? "" : ": status " + std::to_string(status))};
    if (!request_.answer().isOfStore && status == NGX_HTTP_GATEWAY_TIME_OUT) {
        error->problem = StoreProblem::silent;
    }
}

void BucketFiles::fail(std::string_view what) {
    setError(what);
    end();
}

void BucketFiles::end() {
    lock_.release();
    std::exchange(finished, nullptr)();
}

}  // namespace private_image
