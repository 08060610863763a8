#include "nginx/door/upload_api.hpp"

#include "nginx/shared_memory/claims.hpp"
#include "nginx/shared_memory/draft_table.hpp"
#include "upload/cloudflare_api/answer.hpp"
#include "upload/cloudflare_api/fields.hpp"
#include "upload/cloudflare_api/one_time_url.hpp"
#include "upload/image_name.hpp"
#include "upload/imagekit_api/answer.hpp"
#include "upload/imagekit_api/fields.hpp"

namespace private_image {

using upload::Outcome;
using upload::UploadError;

namespace {

UploadError missingFile() {
    return {Outcome::badField, "Your request is missing file parameter."};
}

}  // namespace

// ------------------------------------------------------------------ ImageKit

ImagekitUpload::ImagekitUpload(const Door& door, upload::UploadVersion version,
                               const upload::UploadKey* key, upload::ClientRules rules)
    : UploadApi(door), version_(version), isProven_(key != nullptr), rules_(std::move(rules)) {
    if (key != nullptr) {
        credential = key->key.name;
    }
}

// A credential in the form is used up here, whatever becomes of the upload.
std::optional<UploadError> ImagekitUpload::useCredentialOf(const upload::FormReader& form) {
    const std::int64_t now = ngx_time();
    const auto judged = upload::checkClientCredential(version_, form.fields(), *door_.keys, now);
    if (!judged) {
        return judged.error();
    }
    credential = "a token of " + judged->key->key.name;
    switch (claim(judged->used.digest, judged->used.until, now)) {
        case ClaimResult::first:
            return std::nullopt;
        case ClaimResult::taken:
            return upload::usedCredentialError(form.fields());
        case ClaimResult::noRoom:
            break;
    }
    return UploadError{Outcome::busy, "Too many tokens are in use, retry later."};
}

std::optional<UploadError> ImagekitUpload::judgeForm(const upload::FormReader& form) {
    if (!form.hasFile()) {
        return missingFile();
    }
    if (!isProven()) {
        if (auto error = useCredentialOf(form)) {
            return error;
        }
    }
    auto parsed = upload::parseImagekitFields(form.fields(), version_);
    if (!parsed) {
        return parsed.error();
    }
    request = std::move(*parsed);
    if (!isProven()) {
        if (auto error = upload::applyClientRules(rules_, request)) {
            return error;
        }
    }
    path = request.folder + (request.wantsUniqueName
                                 ? upload::withUniquePart(request.name, upload::makeUniquePart())
                                 : request.name);
    if (!pathError(door_, path).empty()) {
        return UploadError{Outcome::badField,
                           "The folder and fileName parameters make no path that can be served."};
    }
    return std::nullopt;
}

UploadError ImagekitUpload::existsError() const {
    return {Outcome::exists,
            "A file with the same name already exists, and overwriteFile is false."};
}

std::string ImagekitUpload::answer(const upload::StoredImage& image,
                                   const upload::ImageDetails&) const {
    return upload::imagekitUploadAnswer(image, request, door_.gateUrl);
}

// ------------------------------------------------------------------ Cloudflare

CloudflareUpload::CloudflareUpload(const Door& door, const upload::UploadKey& key)
    : UploadApi(door) {
    credential = key.key.name;
}

CloudflareUpload::CloudflareUpload(const Door& door, upload::OneTimeUpload granted)
    : UploadApi(door), granted_(std::move(granted)) {
    credential = "a one-time URL of " + granted_->key->key.name;
}

CloudflareUpload::~CloudflareUpload() {
    if (isUsing_) {
        releaseClaim(granted_->digest, 0);
    }
}

// Creating an image is conditional, too; but one that was removed could be uploaded again.
// A use is remembered until the URL expires, which it may have done since the upload began.
std::optional<UploadError> CloudflareUpload::useUrl() {
    if (granted_->upload.expires <= ngx_time()) {
        return upload::expiredUrlError();
    }
    switch (claim(granted_->digest, granted_->upload.expires, ngx_time())) {
        case ClaimResult::first:
            isUsing_ = true;
            return std::nullopt;
        case ClaimResult::taken:
            return existsError();
        case ClaimResult::noRoom:
            break;
    }
    return UploadError{Outcome::busy, "Too many upload URLs are in use, retry later."};
}

// The form of a one-time URL never overrides what that was issued for.
std::optional<UploadError> CloudflareUpload::judgeFields(const upload::FormReader& form) {
    if (granted_) {
        request = granted_->upload.request;
        return form.hasFile() ? std::nullopt : std::optional(missingFile());
    }
    auto parsed =
        upload::parseCloudflareUpload(form.fields(), form.hasFile(), door_.allowsPrivateIds);
    if (!parsed) {
        return parsed.error();
    }
    request = std::move(*parsed);
    return std::nullopt;
}

std::optional<UploadError> CloudflareUpload::judgeForm(const upload::FormReader& form) {
    if (auto error = judgeFields(form)) {
        return error;
    }
    request.mayOverwrite = false;
    path = '/' + request.name;
    if (!pathError(door_, path).empty()) {
        return UploadError{Outcome::badField, "The id makes no path that can be served.",
                           upload::badIdCode};
    }
    return granted_ ? useUrl() : std::nullopt;
}

UploadError CloudflareUpload::existsError() const {
    return granted_ ? upload::usedUrlError()
                    : UploadError{Outcome::exists, "Resource already exists"};
}

void CloudflareUpload::endStoring(Stored stored) {
    if (stored == Stored::yes) {
        forgetDraft(imageOf(door_, path));
    }
    isUsing_ = granted_ && stored == Stored::no;
}

std::string CloudflareUpload::answer(const upload::StoredImage& image,
                                     const upload::ImageDetails& details) const {
    return upload::cloudflareImageAnswer(image.path.substr(1), image.isPrivate, details,
                                         deliveryOf(door_));
}

}  // namespace private_image
