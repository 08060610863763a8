#include "nginx/door/bucket_files.hpp"

#include <algorithm>
#include <utility>

#include "nginx/request/request.hpp"
#include "upload/image_details.hpp"

namespace private_image {

BucketFiles::BucketFiles(ngx_http_request_t* r, const Door& door, FileWork work)
    : FileWork(std::move(work)),
      door_(door),
      request_(r, *door.bucket),
      lock_(r->connection->log) {}

// An edit writes the mark that it has read: no upload may change that in between.
void BucketFiles::start() {
    isMissing.assign(paths.size(), false);
    isRemoved.assign(paths.size(), false);
    if (task != FileTask::edit) {
        look();
        return;
    }
    lock_.acquire(storeUriOf(door_, paths.front()), [this](LockResult result) {
        if (result == LockResult::held) {
            look();
        } else {
            refusal = {upload::Outcome::busy, "The image is being changed, retry later."};
            end();
        }
    });
}

void BucketFiles::ask(Step next, BucketMethod method, std::vector<MetadataHeader> headers) {
    request_.finished = [this, next] { (this->*next)(); };
    if (!request_.start(method, storeUriOf(door_, paths[at_]), std::move(headers))) {
        fail("NGINX refuses a subrequest");
    }
}

// ------------------------------------------------------------------ looking

void BucketFiles::look() {
    ask(&BucketFiles::onLooked, BucketMethod::head);
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
        isRemoving_ ? remove() : look();
        return;
    }
    const bool isComplete = std::ranges::find(isMissing, true) == isMissing.end();
    if (task != FileTask::remove || isRemoving_ || !isComplete) {
        end();
        return;
    }
    isRemoving_ = true;
    at_ = 0;
    remove();
}

// An object that no upload has stored has no details: its time is that of its bytes.
void BucketFiles::describe() {
    const BucketAnswer& answer = request_.answer();
    details = upload::parseDetails(answer.details).value_or(upload::ImageDetails{});
    if (details.uploadedMs == 0) {
        details.uploadedMs = std::int64_t{answer.lastModified} * 1000;
    }
    image.path = paths[at_];
    image.uploadId = details.uploadId;
    image.bytes = answer.length > 0 ? static_cast<std::uint64_t>(answer.length) : 0;
    image.width = details.width;
    image.height = details.height;
    image.isPrivate =
        (answer.mark == Mark::unknown ? door_.gate->unmarked : answer.mark) == Mark::privateImage;
}

// ------------------------------------------------------------------ changing

// A store changes metadata by a copy of the object onto itself, only if it is still the one that
// was read.
void BucketFiles::change() {
    edit(details);
    details.changedMs = nowInMilliseconds();
    const auto json = upload::toJson(details, maxObjectDetails);
    if (!json) {
        refusal = json.error();
        end();
        return;
    }
    std::vector<MetadataHeader> headers = metadataOf(image.isPrivate, *json);
    const BucketAnswer& answer = request_.answer();
    headers.push_back({"x-amz-copy-source", copySourceOf(door_, paths[at_])});
    headers.push_back({"x-amz-metadata-directive", "REPLACE"});
    if (!answer.etag.empty()) {
        headers.push_back({"x-amz-copy-source-if-match", answer.etag});
    }
    if (!answer.contentType.empty()) {
        headers.push_back({"Content-Type", answer.contentType});
    }
    ask(&BucketFiles::onChanged, BucketMethod::put, std::move(headers));
}

void BucketFiles::onChanged() {
    voidKnowledge(door_, paths[at_], ngx_cycle->log);
    isSuccess(request_.answer()) ? end() : fail("copy");
}

void BucketFiles::remove() {
    ask(&BucketFiles::onRemoved, BucketMethod::remove);
}

void BucketFiles::onRemoved() {
    voidKnowledge(door_, paths[at_], ngx_cycle->log);
    isRemoved[at_] = isSuccess(request_.answer());
    if (!isRemoved[at_]) {
        error = StoreError{StoreProblem::failed,
                           "DELETE: status " + std::to_string(request_.answer().status)};
    }
    next();
}

// ------------------------------------------------------------------ the end

void BucketFiles::fail(std::string_view what) {
    const ngx_uint_t status = request_.answer().status;
    error =
        StoreError{StoreProblem::failed,
                   std::string(what) + (status == 0 ? "" : ": status " + std::to_string(status))};
    if (!request_.answer().isOfStore && status == NGX_HTTP_GATEWAY_TIME_OUT) {
        error->problem = StoreProblem::silent;
    }
    end();
}

void BucketFiles::end() {
    lock_.release();
    std::exchange(finished, nullptr)();
}

}  // namespace private_image
