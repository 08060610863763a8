#include "nginx/door/upload.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "base/encoding.hpp"
#include "nginx/door/door_answer.hpp"
#include "nginx/host/log.hpp"
#include "nginx/request/request.hpp"
#include "nginx/shared_memory/image_state_table.hpp"
#include "render/probe.hpp"
#include "transform/names.hpp"
#include "upload/image_details.hpp"
#include "upload/image_name.hpp"

namespace private_image {

using upload::FormProblem;
using upload::Outcome;
using upload::UploadError;

namespace {

constexpr std::size_t maxQuotedField = 64;

// Bytes come in pieces of a packet or of NGINX's buffer. Fewer and larger writes cost less: fewer
// system calls, and less work of the file system for each page.
constexpr std::size_t writtenAtOnce = 128 << 10;

UploadError badField(std::string message) {
    return {Outcome::badField, std::move(message)};
}

UploadError storeFailed(const std::string& detail, ngx_log_t* log) {
    ngx_log_error(NGX_LOG_ERR, log, 0, "private_image: the store failed: %s", detail.c_str());
    return {Outcome::storeError, "The image could not be stored."};
}

// True if all bytes were written.
bool writeAll(int descriptor, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
        if (written > 0) {
            bytes.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

// What an inspection refuses is the client's to mend, but for a failure of our own.
UploadError errorOfInspection(const Inspection& inspection) {
    switch (*inspection.problem) {
        case RenderProblem::unsupportedType:
            return {Outcome::unsupportedType,
                    "The file is not an image of a type that is accepted here."};
        case RenderProblem::tooLarge:
        case RenderProblem::outputTooLarge:
            return {Outcome::tooLarge, "The image has more pixels than are accepted here."};
        case RenderProblem::damaged:
        case RenderProblem::badOptions:
            return {Outcome::damaged, "The file is damaged or incomplete."};
        case RenderProblem::timeout:
            return {Outcome::tooLarge, "The image takes too long to decode."};
        case RenderProblem::cancelled:
        case RenderProblem::internal:
            break;
    }
    return {Outcome::storeError, "The image could not be inspected."};
}

// An image that exists is one that another upload has stored.
UploadApi::Stored storedAfter(const std::optional<StoreError>& error) {
    const bool isNot = error && (error->problem == StoreProblem::badName ||
                                 error->problem == StoreProblem::markUnseen);
    return !error ? UploadApi::Stored::yes
                  : (isNot ? UploadApi::Stored::no : UploadApi::Stored::unknown);
}

UploadApi::Stored storedAfter(const std::optional<WriteError>& error) {
    const bool isNot = error && (error->problem == WriteProblem::refused ||
                                 error->problem == WriteProblem::isBusy ||
                                 error->problem == WriteProblem::markUnseen);
    return !error ? UploadApi::Stored::yes
                  : (isNot ? UploadApi::Stored::no : UploadApi::Stored::unknown);
}

ngx_str_t temporaryFolderOf(ngx_http_request_t* r) {
    const auto* core = static_cast<ngx_http_core_loc_conf_t*>(
        ngx_http_get_module_loc_conf(r, ngx_http_core_module));
    return core->client_body_temp_path->name;
}

}  // namespace

Upload::Upload(ngx_http_request_t* r, Door& door) : DoorCall(r, door), form_(*this) {}

Upload::~Upload() {
    releaseJob();
    if (isWriting_) {
        discardKnowledge(door_, image_.path, ngx_cycle->log);
    }
}

// The file's room on the disk and in memory is given back at once: the connection may stay for a
// while. What a thread is doing goes on without the request.
void Upload::releaseJob() {
    std::string().swap(collected_);
    if (job_) {
        job_->finished = nullptr;
        job_.reset();
    }
}

// A client that is refused may try again at once.
void Upload::onEnd() {
    releaseJob();
    api_.reset();
}

// ------------------------------------------------------------------ errors of the store

UploadError Upload::errorOf(const StoreError& error) const {
    ngx_log_t* log = r_->connection->log;
    switch (error.problem) {
        case StoreProblem::exists:
            return api_->existsError();
        case StoreProblem::badName:
            return badField(
                "The fileName or folder parameter cannot be used: a part of it is too "
                "long, or a folder has that name.");
        case StoreProblem::markUnseen:
            ngx_log_error(NGX_LOG_ERR, log, 0,
                          "private_image: mark_unseen: the mark of an upload does not read back "
                          "from the folder, check that its file system keeps user attributes");
            return {Outcome::markUnseen, "The image was not stored: it would not be private."};
        case StoreProblem::missing:
        case StoreProblem::failed:
        case StoreProblem::silent:
            break;
    }
    return storeFailed(error.detail, log);
}

UploadError Upload::errorOf(const WriteError& error) const {
    ngx_log_t* log = r_->connection->log;
    switch (error.problem) {
        case WriteProblem::exists:
            return api_->existsError();
        case WriteProblem::isBusy:
            return {Outcome::busy, "The image is being changed, retry later."};
        case WriteProblem::markUnseen:
            ngx_log_error(NGX_LOG_ERR, log, 0,
                          "private_image: mark_unseen: the gate does not see the mark of an upload "
                          "in the bucket: %s, check private_image_flag of the gate, and "
                          "what is between it and the bucket",
                          error.detail.c_str());
            return {Outcome::markUnseen, "The image was not stored: it would not be private."};
        case WriteProblem::silent: {
            UploadError silent = storeFailed(error.detail, log);
            silent.outcome = Outcome::storeTimeout;
            return silent;
        }
        case WriteProblem::refused:
        case WriteProblem::unknown:
            break;
    }
    return storeFailed(error.detail, log);
}

// ------------------------------------------------------------------ the body

ngx_int_t Upload::start(std::unique_ptr<UploadApi> api, const std::string& boundary) {
    api_ = std::move(api);
    parser_.emplace(boundary, form_);
    job_ = std::make_shared<StoreJob>(door_);
    if (door_.bucket) {
        digest_.emplace();
    }
    auto file = door_.bucket ? makeTemporaryFile(std::string(view(temporaryFolderOf(r_))))
                             : makeUnnamedFile(door_.folder.root);
    if (!file) {
        return refuseBeforeBody(storeFailed(file.error().detail, r_->connection->log));
    }
    job_->file = std::move(*file);
    room_.emplace(door_, api_->isProven());
    return readBody();
}

std::optional<UploadError> Upload::takeBytes(std::string_view bytes) {
    parser_->feed(bytes);
    return errorOfForm();
}

bool Upload::write(std::string_view bytes) {
    image_.bytes += bytes.size();
    if (image_.bytes > door_.maxSize) {
        fileError_ = {Outcome::tooLarge, "The file is larger than the limit of " +
                                             std::to_string(door_.maxSize) + " bytes."};
        return false;
    }
    if (start_.size() < probeLength) {
        start_ += bytes.substr(0, probeLength - start_.size());
        fileError_ = start_.size() == probeLength ? errorOfType() : std::nullopt;
        if (fileError_) {
            return false;
        }
    }
    if (digest_) {
        digest_->add(bytes);
    }
    if (collected_.size() + bytes.size() > writtenAtOnce && !writeCollected()) {
        return false;
    }
    collected_ += bytes;
    return true;
}

bool Upload::writeCollected() {
    if (!writeAll(job_->file.get(), collected_)) {
        fileError_ = storeFailed("write a file: " + std::generic_category().message(errno),
                                 r_->connection->log);
        return false;
    }
    collected_.clear();
    return true;
}

// A drawing may have a long preamble: it is judged as a whole.
std::optional<UploadError> Upload::errorOfType() const {
    const std::span bytes(reinterpret_cast<const unsigned char*>(start_.data()), start_.size());
    if (bytesToProbe(bytes) > bytes.size()) {
        return std::nullopt;
    }
    const auto type = probeType(bytes);
    const auto& allowed = door_.gate->render.sourceTypes;
    if (type && std::ranges::find(allowed, *type) != allowed.end()) {
        return std::nullopt;
    }
    return UploadError{Outcome::unsupportedType,
                       "The file is not an image of a type that is accepted here."};
}

// Why the part of the body that has come is refused.
std::optional<UploadError> Upload::errorOfForm() const {
    const std::string field(form_.problemField().substr(0, maxQuotedField));
    switch (form_.problem()) {
        case FormProblem::none:
            break;
        case FormProblem::fieldTooLong:
            return badField("The " + field + " parameter is too long.");
        case FormProblem::fieldsTooLong:
            return badField("The parameters are too long.");
        case FormProblem::misnamedFile:
            return badField("The file must be in the field file, not in " + field + ".");
        case FormProblem::repeatedFile:
            return badField("Your request contains the file parameter more than once.");
        case FormProblem::remoteFile:
            return UploadError{Outcome::notServed,
                               "The file parameter is a URL, which is not served here."};
        case FormProblem::invalidFile:
            return badField("The file parameter is neither a file nor base64.");
        case FormProblem::stopped:
            return fileError_ ? fileError_ : storeFailed("write a file", r_->connection->log);
    }
    if (!parser_->problem().empty()) {
        return badField("The form is invalid: " + std::string(parser_->problem()) + ".");
    }
    return std::nullopt;
}

// ------------------------------------------------------------------ judging

std::optional<UploadError> Upload::errorOfBody() {
    parser_->finish();
    if (auto error = errorOfForm()) {
        return error;
    }
    if (!writeCollected()) {
        return fileError_;
    }
    if (form_.hasFile() && image_.bytes == 0) {
        return badField("The file parameter is empty.");
    }
    if (auto error = api_->judgeForm(form_)) {
        return error;
    }
    image_.path = api_->path;
    image_.uploadId = upload::makeUniquePart() + upload::makeUniquePart();
    image_.isPrivate = api_->request.isPrivate;
    return start_.size() < probeLength ? errorOfType() : std::nullopt;
}

void Upload::judgeBody() {
    if (const auto error = errorOfBody()) {
        finish(sendError(*error, false));
        return;
    }
    job_->size = image_.bytes;
    job_->imagePath = image_.path;
    job_->path = fileOf(door_, image_.path);
    job_->mayReplace = api_->request.mayOverwrite && !api_->request.wantsUniqueName;
    job_->details.isPrivate = image_.isPrivate;
    job_->keepsTags = !door_.bucket && keepsTags();
    startStep(StoreJob::Step::inspect);
}

// ------------------------------------------------------------------ storing

void Upload::startStep(StoreJob::Step step) {
    job_->step = step;
    job_->finished = [this] {
        ngx_http_set_log_request(r_->connection->log, r_);
        job_->step == StoreJob::Step::inspect ? onInspected() : onPublished();
    };
    if (!startJob(job_)) {
        if (step == StoreJob::Step::publish) {
            discardKnowledge(door_, image_.path, r_->connection->log);
            api_->endStoring(UploadApi::Stored::no);
        }
        finish(sendError({Outcome::busy, "Too much to do at the moment, retry later."}, false));
    }
}

// Another upload or edit may change the tags before this upload replaces the image: then those of
// this moment are kept.
void Upload::keepTags(std::string_view replacedDetails) {
    if (const auto replaced = upload::parseDetails(replacedDetails)) {
        api_->request.tags = replaced->tags;
    }
}

void Upload::onInspected() {
    if (job_->inspection.problem) {
        finish(sendError(errorOfInspection(job_->inspection), false));
        return;
    }
    if (job_->error) {
        finish(sendError(errorOf(*job_->error), false));
        return;
    }
    if (door_.bucket && keepsTags()) {
        readReplacedObject();
        return;
    }
    if (job_->keepsTags) {
        keepTags(job_->replacedDetails);
    }
    publish();
}

// An object that cannot be read has no tags to be kept; whether the bucket works, the PUT shows.
void Upload::readReplacedObject() {
    replaced_.emplace(r_, *door_.bucket);
    replaced_->finished = [this] {
        keepTags(replaced_->answer().details);
        publish();
    };
    if (!replaced_->start(BucketMethod::head, storeUriOf(door_, image_.path))) {
        finish(sendError(storeFailed("HEAD", r_->connection->log), false));
    }
}

// From before its first byte can be found, a private upload is known to be private; in a bucket,
// the writing of it sees to that.
void Upload::publish() {
    image_.width = job_->inspection.size.width;
    image_.height = job_->inspection.size.height;
    auto details = makeDetails();
    if (!details) {
        finish(sendError(details.error(), false));
        return;
    }
    job_->details.json = std::move(*details);
    api_->beginStoring();
    if (door_.bucket) {
        writeToBucket();
        return;
    }
    if (image_.isPrivate) {
        OriginState state;
        state.mark = Mark::privateImage;
        state.policyDigest = door_.gate->readerDigest;
        state.observedAt = nowInMilliseconds();
        storeOriginState(imageOf(door_, image_.path), state, state.observedAt, r_->connection->log);
    }
    startStep(StoreJob::Step::publish);
}

void Upload::writeToBucket() {
    BucketImage image;
    image.uri = storeUriOf(door_, image_.path);
    image.gateUri = uriOf(door_, image_.path);
    image.object = objectOf(door_, image_.path);
    image.names = namesOf(door_, image_.path);
    image.body = {job_->file.get(), static_cast<off_t>(image_.bytes), digest_->hex()};
    image.type = mediaType(job_->inspection.type);
    image.uploadId = image_.uploadId;
    image.details = job_->details.json;
    image.isPrivate = image_.isPrivate;
    image.mayReplace = job_->mayReplace;
    write_.emplace(r_, *door_.bucket, std::move(image));
    write_->finished = [this](const std::optional<WriteError>& error) { onWritten(error); };
    isWriting_ = true;
    write_->start();
}

void Upload::onWritten(const std::optional<WriteError>& error) {
    isWriting_ = false;
    discardKnowledge(door_, image_.path, r_->connection->log);
    api_->endStoring(storedAfter(error));
    if (error) {
        finish(sendError(errorOf(*error), true));
        return;
    }
    finish(answerStored());
}

void Upload::onPublished() {
    api_->endStoring(storedAfter(job_->error));
    if (job_->error) {
        finish(sendError(errorOf(*job_->error), true));
        return;
    }
    ngx_int_t rc = NGX_ERROR;
    try {
        rc = answerStored();
    } catch (...) {
        logException(r_->connection->log, "answering an upload");
    }
    finish(rc);
}

// What is kept with the image in addition to its mark.
Result<std::string, UploadError> Upload::makeDetails() {
    details_ = upload::imageDetailsOf(api_->request);
    details_.uploadId = image_.uploadId;
    details_.uploadedMs = nowInMilliseconds();
    details_.width = image_.width;
    details_.height = image_.height;
    details_.type = std::string(mediaType(job_->inspection.type));
    details_.hasAlpha = job_->inspection.hasAlpha;
    details_.filename = form_.filename().value_or("");
    return upload::toJson(details_, maxDetailsOf(door_));
}

ngx_int_t Upload::answerStored() {
    const std::string json = api_->answer(image_, details_);
    ngx_log_error(NGX_LOG_INFO, r_->connection->log, 0,
                  "private_image: upload stored: \"%s\", %uL bytes, %s, %s, by %s",
                  image_.path.c_str(), image_.bytes, details_.type.c_str(),
                  image_.isPrivate ? "private" : "public", api_->credential.c_str());
    end(Outcome::stored);
    return sendJson(r_, NGX_HTTP_OK, json);
}

}  // namespace private_image
