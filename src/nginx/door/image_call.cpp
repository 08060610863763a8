#include "nginx/door/image_call.hpp"

#include "nginx/door/door_answer.hpp"
#include "nginx/host/log.hpp"
#include "nginx/host/pool.hpp"
#include "nginx/request/request.hpp"
#include "nginx/shared_memory/draft_table.hpp"
#include "upload/cloudflare_api/answer.hpp"
#include "upload/cloudflare_api/one_time_url.hpp"
#include "upload/image_name.hpp"

namespace private_image {

using upload::CloudflareCall;
using upload::Outcome;
using upload::UploadError;

namespace {

bool isSecure(ngx_http_request_t* r) {
#if (NGX_HTTP_SSL)
    return r->connection->ssl != nullptr;
#else
    return false;
#endif
}

// Scheme and host by which the client has reached the door.
std::string originOf(ngx_http_request_t* r) {
    const ngx_table_elt_t* host = r->headers_in.host;
    return (isSecure(r) ? "https://" : "http://") +
           std::string(host != nullptr ? view(host->value) : view(r->headers_in.server));
}

// What is shown of an image whose one-time URL was not used yet: its mark and its details. The
// error is that of an upload: what the store cannot keep is refused before the URL is issued.
Result<std::string, UploadError> draftOf(const upload::UploadRequest& request, const Door& door) {
    upload::ImageDetails details = upload::imageDetailsOf(request);
    details.uploadedMs = nowInMilliseconds();
    const auto json = upload::toJson(details, maxDetailsOf(door));
    return json ? Result<std::string, UploadError>((request.isPrivate ? "1" : "0") + *json) : json;
}

}  // namespace

// ------------------------------------------------------------------ the body

ngx_int_t ImageCall::start(const upload::CloudflareRoute& route, const upload::UploadKey& key) {
    route_ = route;
    key_ = &key;
    path_ = route.id.empty() ? std::string() : '/' + route.id;
    const ngx_table_elt_t* type = r_->headers_in.content_type;
    if (const auto boundary = upload::boundaryOf(type != nullptr ? view(type->value) : "")) {
        parser_.emplace(*boundary, form_);
    }
    return readBody();
}

std::optional<UploadError> ImageCall::takeBytes(std::string_view bytes) {
    if (bodyBytes() > maxImageCallBytes) {
        return UploadError{Outcome::tooLarge, "Request entity is too large"};
    }
    if (parser_) {
        parser_->feed(bytes);
    } else {
        body_ += bytes;
    }
    return std::nullopt;
}

// ------------------------------------------------------------------ judging

void ImageCall::judgeBody() {
    switch (route_.call) {
        case CloudflareCall::directUpload:
            return finish(answerDirectUpload());
        case CloudflareCall::details:
        case CloudflareCall::blob:
            return startTask(FileTask::read);
        case CloudflareCall::remove:
            return startTask(FileTask::remove);
        case CloudflareCall::edit:
            return judgeEdit();
        case CloudflareCall::upload:
        case CloudflareCall::creatorUpload:
            break;
    }
    finish(NGX_HTTP_INTERNAL_SERVER_ERROR);  // uploads are calls of their own
}

Result<upload::DirectUpload, UploadError> ImageCall::readDirectUpload() {
    if (!parser_) {
        return upload::parseDirectUpload(body_, ngx_time(), door_.allowsPrivateIds);
    }
    parser_->finish();
    if (form_.hasFile() || form_.problem() != upload::FormProblem::none ||
        !parser_->problem().empty()) {
        return Error{UploadError{Outcome::badField, "The form is invalid."}};
    }
    return upload::parseDirectUpload(form_.fields(), ngx_time(), door_.allowsPrivateIds);
}

ngx_int_t ImageCall::answerDirectUpload() {
    const auto direct = readDirectUpload();
    if (!direct) {
        return sendError(direct.error(), false);
    }
    path_ = '/' + direct->request.name;
    if (!upload::storedPathError(path_).empty()) {
        return sendError(
            {Outcome::badField, "The id makes no path that can be served.", upload::badIdCode},
            false);
    }
    const auto draft = draftOf(direct->request, door_);
    if (!draft) {
        return sendError(draft.error(), false);
    }
    rememberDraft(imageOf(door_, path_), *draft, direct->expires);
    const std::string target =
        upload::makeOneTimeTarget(*direct, {door_.location, door_.gateUrl}, *key_);
    return answerDone("one-time URL issued", upload::cloudflareUploadUrlAnswer(
                                                 direct->request.name, originOf(r_) + target));
}

void ImageCall::judgeEdit() {
    auto edit = upload::parseCloudflareEdit(body_);
    if (!edit) {
        return finish(sendError(edit.error(), false));
    }
    edit_ = [edit = std::move(*edit), allowsPrivateIds = door_.allowsPrivateIds](
                upload::StoredImage& image, upload::ImageDetails& details) {
        return upload::apply(edit, allowsPrivateIds, image, details);
    };
    startTask(FileTask::edit);
}

void ImageCall::startTask(FileTask task) {
    FileWork work{task, {path_}, std::move(edit_)};
    if (!runner_.start(r_, door_, std::move(work), [this] { onFinished(); })) {
        finish(sendError({Outcome::busy, "Too much to do at the moment, retry later."}, false));
    }
}

// ------------------------------------------------------------------ answering

std::uint64_t ImageCall::bytes() const {
    return runner_.result() != nullptr ? runner_.result()->image.bytes : 0;
}

void ImageCall::onFinished() {
    ngx_http_set_log_request(r_->connection->log, r_);
    ngx_int_t rc = NGX_ERROR;
    try {
        rc = answerTask();
    } catch (...) {
        logException(r_->connection->log, "answering a call");
    }
    finish(rc);
}

ngx_int_t ImageCall::answerTask() {
    const FileResult& result = *runner_.result();
    const bool isMissing = !result.isMissing.empty() && result.isMissing.front();
    if (isMissing || (result.error && result.error->problem == StoreProblem::missing)) {
        return answerMissing();
    }
    if (result.error) {
        return sendError(storeFailed(*result.error), false);
    }
    if (result.refusal) {
        return sendError(*result.refusal, false);
    }
    switch (route_.call) {
        case CloudflareCall::blob:
            return sendBytes();
        case CloudflareCall::remove:
            forgetDraft(imageOf(door_, path_));
            return answerDone("image removed", upload::cloudflareEmptyAnswer());
        case CloudflareCall::edit:
            if (result.image.path != path_) {
                forgetDraft(imageOf(door_, path_));
            }
            return answerDone("image edited", describe());
        default:
            return answerDone("image read", describe());
    }
}

std::string ImageCall::describe() const {
    const FileResult& result = *runner_.result();
    return upload::cloudflareImageAnswer(result.image.path.substr(1), result.image.isPrivate,
                                         result.details, deliveryOf(door_));
}

// Before its one-time URL is used, an image is a draft.
ngx_int_t ImageCall::answerMissing() {
    const auto draft =
        route_.call == CloudflareCall::details ? findDraft(imageOf(door_, path_)) : std::nullopt;
    const auto details =
        draft ? upload::parseDetails(std::string_view(*draft).substr(1)) : std::nullopt;
    if (!details) {
        return sendError({Outcome::notFound, "Image not found", upload::noSuchImageCode}, false);
    }
    return answerDone("draft read",
                      upload::cloudflareDraftAnswer(route_.id, draft->starts_with('1'), *details,
                                                    deliveryOf(door_)));
}

UploadError ImageCall::storeFailed(const StoreError& error) const {
    ngx_log_error(NGX_LOG_ERR, r_->connection->log, 0, "private_image: the store failed: %s",
                  error.detail.c_str());
    const bool isSilent = error.problem == StoreProblem::silent;
    return {isSilent ? Outcome::storeTimeout : Outcome::storeError,
            "The image could not be read or changed."};
}

// The original as it was stored, for clients that have the key.
ngx_int_t ImageCall::sendBytes() {
    const FileResult& result = *runner_.result();
    if (door_.bucket && result.etag.empty()) {
        return sendError(storeFailed({StoreProblem::failed, "HEAD without an ETag"}), false);
    }
    end(Outcome::done);
    log("image sent");
    const ngx_int_t rc = sendBytesHeader(r_, result.details.type, result.image.bytes);
    if (rc == NGX_ERROR || rc > NGX_OK || r_->header_only) {
        return rc;
    }
    if (!door_.bucket) {
        return sendFile(r_, result.file.get(), result.image.bytes);
    }
    download_.emplace(r_, *door_.bucket);
    return download_->send(storeUriOf(door_, path_), result.etag);
}

void ImageCall::log(const char* what) const {
    ngx_log_error(NGX_LOG_INFO, r_->connection->log, 0, "private_image: %s: \"%s\"", what,
                  path_.c_str());
}

ngx_int_t ImageCall::answerDone(const char* what, const std::string& json) {
    end(Outcome::done);
    log(what);
    return sendJson(r_, NGX_HTTP_OK, json);
}

}  // namespace private_image
