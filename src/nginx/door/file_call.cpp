#include "nginx/door/file_call.hpp"

#include <algorithm>

#include "nginx/door/door_answer.hpp"
#include "nginx/host/log.hpp"
#include "upload/imagekit_api/answer.hpp"

namespace private_image {

using upload::ImagekitCall;
using upload::Outcome;
using upload::UploadError;

// ------------------------------------------------------------------ the body

ngx_int_t FileCall::start(const upload::ImagekitRoute& route) {
    route_ = route;
    return readBody();
}

std::optional<UploadError> FileCall::takeBytes(std::string_view bytes) {
    if (bytes.size() > maxFileCallBytes - body_.size()) {
        return UploadError{Outcome::tooLarge, "The body is larger than the limit of " +
                                                  std::to_string(maxFileCallBytes) + " bytes."};
    }
    body_ += bytes;
    return std::nullopt;
}

// ------------------------------------------------------------------ judging

void FileCall::judgeBody() {
    switch (route_.call) {
        case ImagekitCall::details:
            return startTask(FileTask::read, {route_.path});
        case ImagekitCall::edit:
            return judgeEdit();
        case ImagekitCall::remove:
            return startTask(FileTask::remove, {route_.path});
        case ImagekitCall::removeBatch:
            return judgeBatch();
        case ImagekitCall::purge:
            return judgePurge();
        case ImagekitCall::purgeStatus:
            return finish(answerDone("purge known", NGX_HTTP_OK, upload::purgeStatusAnswer()));
        case ImagekitCall::uploadV1:
        case ImagekitCall::uploadV2:
            break;
    }
    finish(NGX_HTTP_INTERNAL_SERVER_ERROR);  // uploads are calls of their own
}

void FileCall::judgeEdit() {
    const auto edit = upload::parseImagekitEdit(body_);
    if (!edit) {
        return finish(sendError(edit.error(), false));
    }
    edit_ = [edit = *edit](upload::StoredImage&, upload::ImageDetails& details) {
        upload::apply(edit, details);
        return std::optional<UploadError>();
    };
    startTask(FileTask::edit, {route_.path});
}

// An id of no image makes the whole batch fail; the others are looked for all the same, because the
// answer names all that are missing.
void FileCall::judgeBatch() {
    auto batch = upload::parseFileBatch(body_);
    if (!batch) {
        return finish(sendError(batch.error(), false));
    }
    batch_ = std::move(*batch);
    std::vector<std::string> paths;
    paths.reserve(batch_.files.size());
    for (const upload::NamedFile& file : batch_.files) {
        paths.push_back(file.path);
    }
    startTask(batch_.missing.empty() ? FileTask::remove : FileTask::find, std::move(paths));
}

void FileCall::judgePurge() {
    auto path = upload::parsePurge(body_, door_.gateUrl);
    if (!path) {
        return finish(sendError(path.error(), false));
    }
    route_.path = std::move(*path);
    if (!discardKnowledge(door_, route_.path, r_->connection->log)) {
        return finish(sendError({Outcome::storeError, "The purge could not be kept."}, false));
    }
    finish(answerDone("file purged", NGX_HTTP_CREATED, upload::purgeAnswer(route_.path)));
}

void FileCall::startTask(FileTask task, std::vector<std::string> paths) {
    FileWork work{task, std::move(paths), std::move(edit_)};
    if (!runner_.start(r_, door_, std::move(work), [this] { onFinished(); })) {
        finish(sendError({Outcome::busy, "Too much to do at the moment, retry later."}, false));
    }
}

// ------------------------------------------------------------------ answering

void FileCall::onFinished() {
    ngx_http_set_log_request(r_->connection->log, r_);
    ngx_int_t rc = NGX_ERROR;
    try {
        rc = answerJob();
    } catch (...) {
        logException(r_->connection->log, "answering a call");
    }
    finish(rc);
}

ngx_int_t FileCall::answerJob() {
    if (route_.call == ImagekitCall::removeBatch) {
        return answerBatch();
    }
    const FileResult& result = *runner_.result();
    const bool isMissing = std::ranges::find(result.isMissing, true) != result.isMissing.end();
    if (isMissing || (result.error && result.error->problem == StoreProblem::missing)) {
        return sendError(upload::noSuchFileError(), false);
    }
    if (result.error) {
        return sendError(storeFailed(), result.isSentToStore);
    }
    if (result.refusal) {
        return sendError(*result.refusal, false);
    }
    if (route_.call == ImagekitCall::remove) {
        end(Outcome::done);
        log("file removed", route_.path);
        return sendNoContent(r_);
    }
    return answerDone(route_.call == ImagekitCall::edit ? "file edited" : "file read", NGX_HTTP_OK,
                      upload::imagekitFileAnswer(result.image, result.details, door_.gateUrl));
}

ngx_int_t FileCall::answerBatch() {
    const FileResult& result = *runner_.result();
    const bool isMissing = std::ranges::find(result.isMissing, true) != result.isMissing.end();
    if (isMissing || !batch_.missing.empty()) {
        return answerMissing();
    }
    if (result.isRemoved.size() != batch_.files.size()) {
        return sendError(storeFailed(), result.isSentToStore);
    }
    std::vector<std::string> removed, failed;
    for (std::size_t i = 0; i < batch_.files.size(); i++) {
        const upload::NamedFile& file = batch_.files[i];
        (result.isRemoved[i] ? removed : failed).push_back(file.fileId);
        log(result.isRemoved[i] ? "file removed" : "file not removed", file.path);
    }
    end(failed.empty() ? Outcome::done : storeFailed().outcome);
    const upload::JsonAnswer answer = upload::fileBatchAnswer(removed, failed);
    return sendJson(r_, answer.status, answer.body);
}

ngx_int_t FileCall::answerMissing() {
    const FileResult& result = *runner_.result();
    std::vector<std::string> missing = batch_.missing;
    for (std::size_t i = 0; i < result.isMissing.size(); i++) {
        if (result.isMissing[i]) {
            missing.push_back(batch_.files[i].fileId);
        }
    }
    end(Outcome::notFound);
    log("call refused: not_found", "a batch");
    const upload::JsonAnswer answer = upload::missingFilesAnswer(missing);
    return sendJson(r_, answer.status, answer.body);
}

ngx_int_t FileCall::answerDone(const char* what, ngx_uint_t status, const std::string& json) {
    end(Outcome::done);
    log(what, route_.path);
    return sendJson(r_, status, json);
}

UploadError FileCall::storeFailed() {
    const FileResult& result = *runner_.result();
    const std::string detail = result.error ? result.error->detail : std::string();
    ngx_log_error(NGX_LOG_ERR, r_->connection->log, 0, "private_image: the store failed: %s",
                  detail.c_str());
    const bool isSilent = result.error && result.error->problem == StoreProblem::silent;
    return {isSilent ? Outcome::storeTimeout : Outcome::storeError,
            "The file could not be read or changed."};
}

void FileCall::log(const char* what, const std::string& path) const {
    ngx_log_error(NGX_LOG_INFO, r_->connection->log, 0, "private_image: %s: \"%s\"", what,
                  path.c_str());
}

}  // namespace private_image
