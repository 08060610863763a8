#include "nginx/door/image_call.hpp"

#include "nginx/door/door_answer.hpp"
#include "nginx/host/log.hpp"
#include "nginx/host/pool.hpp"
#include "nginx/request/request.hpp"
#include "nginx/shared_memory/claims.hpp"
#include "nginx/shared_memory/draft_table.hpp"
#include "upload/cloudflare_api/answer.hpp"
#include "upload/cloudflare_api/draft.hpp"
#include "upload/cloudflare_api/field_object.hpp"
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

// Scheme and host by which the client has reached the door; HTTP/1.0 need not name a host.
std::string originOf(ngx_http_request_t* r) {
    const auto* server = static_cast<ngx_http_core_srv_conf_t*>(
        ngx_http_get_module_srv_conf(r, ngx_http_core_module));
    const ngx_table_elt_t* header = r->headers_in.host;
    const std::string_view host = header != nullptr               ? view(header->value)
                                  : r->headers_in.server.len != 0 ? view(r->headers_in.server)
                                                                  : view(server->server_name);
    return (isSecure(r) ? "https://" : "http://") + std::string(host);
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

// The body's fields, however they were sent.
Result<upload::Json, UploadError> ImageCall::readFields() {
    if (!parser_) {
        return upload::objectOfBody(body_);
    }
    parser_->finish();
    if (form_.hasFile() || form_.problem() != upload::FormProblem::none ||
        !parser_->problem().empty()) {
        return Error{UploadError{Outcome::badField, "The form is invalid."}};
    }
    return upload::objectOfForm(form_.fields());
}

ngx_int_t ImageCall::answerDirectUpload() {
    const auto direct = upload::parseDirectUpload(readFields(), ngx_time(), door_.allowsPrivateIds);
    if (!direct) {
        return sendError(direct.error(), false);
    }
    path_ = '/' + direct->request.name;
    if (!pathError(door_, path_).empty()) {
        return sendError(
            {Outcome::badField, "The id makes no path that can be served.", upload::badIdCode},
            false);
    }
    const std::string target =
        upload::makeOneTimeTarget(*direct, {door_.location, door_.gateUrl}, *key_);
    if (const auto error = keepDraft(*direct, target)) {
        return sendError(*error, false);
    }
    return answerDone("one-time URL issued", upload::cloudflareUploadUrlAnswer(
                                                 direct->request.name, originOf(r_) + target));
}

// What the store could not keep is refused before the URL is issued.
std::optional<UploadError> ImageCall::keepDraft(const upload::DirectUpload& direct,
                                                std::string_view target) {
    upload::ImageDetails details = upload::imageDetailsOf(direct.request);
    details.uploadedMs = nowInMilliseconds();
    const auto json = upload::toJson(details, maxDetailsOf(door_));
    if (!json) {
        return json.error();
    }
    const upload::Draft draft{
        direct.request.isPrivate, {}, upload::digestOfUrl(target), direct.expires};
    rememberDraft(imageOf(door_, path_), upload::draftText(draft, *json), direct.expires);
    return std::nullopt;
}

void ImageCall::judgeEdit() {
    auto edit = upload::parseCloudflareEdit(readFields());
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
    if (result.isSentToStore && route_.call == CloudflareCall::remove) {
        forgetDraft(imageOf(door_, path_));  // of an image that was uploaded
    }
    const bool isMissing = !result.isMissing.empty() && result.isMissing.front();
    if (isMissing || (result.error && result.error->problem == StoreProblem::missing)) {
        return answerMissing();
    }
    if (result.error) {
        return sendError(storeFailed(*result.error), result.isSentToStore);
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

// Before its one-time URL is used, an image is a draft, which can be read and removed.
ngx_int_t ImageCall::answerMissing() {
    const auto text = findDraft(imageOf(door_, path_));
    const auto draft = text ? upload::parseDraft(*text) : std::nullopt;
    if (draft && route_.call == CloudflareCall::details) {
        return answerDone("draft read",
                          upload::cloudflareDraftAnswer(route_.id, draft->isPrivate, draft->details,
                                                        deliveryOf(door_)));
    }
    if (draft && route_.call == CloudflareCall::remove) {
        return removeDraft(*draft);
    }
    return sendError({Outcome::notFound, "Image not found", upload::noSuchImageCode}, false);
}

// Its URL counts as used from now on.
ngx_int_t ImageCall::removeDraft(const upload::Draft& draft) {
    if (claim(draft.urlDigest, draft.expires, ngx_time()) != ClaimResult::first) {
        return sendError({Outcome::busy, "The image is being uploaded, retry later."}, false);
    }
    forgetDraft(imageOf(door_, path_));
    return answerDone("draft removed", upload::cloudflareEmptyAnswer());
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
        return sendError(storeFailed({StoreProblem::failed, "HEAD without ETag or length"}), false);
    }
    end(Outcome::done);
    log("image sent");
    const ngx_int_t rc =
        sendBytesHeader(r_, upload::mediaTypeOf(result.details), result.image.bytes);
    if (rc == NGX_ERROR || rc > NGX_OK || r_->header_only) {
        return rc;
    }
    if (!door_.bucket) {
        return sendFile(r_, result.file.get(), result.image.bytes);
    }
    download_.emplace(r_, *door_.bucket);
    return download_->send(storeUriOf(door_, path_), result.etag, result.image.bytes);
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
