// What the API of one service makes of an upload's form: who may upload, what is stored under which
// path, and the answer.
#pragma once

#include <optional>
#include <string>

#include "nginx/door/door.hpp"
#include "upload/cloudflare_api/one_time_url.hpp"
#include "upload/form.hpp"
#include "upload/image_details.hpp"
#include "upload/imagekit_api/client_credentials.hpp"
#include "upload/outcome.hpp"
#include "upload/stored_image.hpp"
#include "upload/upload_request.hpp"

namespace private_image {

class UploadApi {
public:
    explicit UploadApi(const Door& door) : door_(door) {}
    virtual ~UploadApi() = default;

    // The credential was judged before the body: it does not come in the form.
    virtual bool isProven() const = 0;

    // Judges the credential, if it comes in the form, and the fields, once the whole form has come.
    // Sets `request` and `path`. A credential that is good for one upload is used up now.
    virtual std::optional<upload::UploadError> judgeForm(const upload::FormReader& form) = 0;

    // The store is about to be asked: what comes of it may never be known.
    virtual void beginStoring() {}

    // What is known of it.
    enum class Stored : std::uint8_t { yes, no, unknown };
    virtual void endStoring(Stored) {}

    // For an image of that path that must not be replaced.
    virtual upload::UploadError existsError() const = 0;

    virtual std::string answer(const upload::StoredImage& image,
                               const upload::ImageDetails& details) const = 0;

    upload::UploadRequest request;
    std::string path;        // decoded, with leading slash
    std::string credential;  // for the log: "img.key", "a token of img.key"; once it was judged

protected:
    const Door& door_;
};

class ImagekitUpload final : public UploadApi {
public:
    // `key`: which the request has; null: the credential comes in the form. `rules`: for that.
    ImagekitUpload(const Door& door, upload::UploadVersion version, const upload::UploadKey* key,
                   upload::ClientRules rules);

    bool isProven() const override { return isProven_; }
    std::optional<upload::UploadError> judgeForm(const upload::FormReader& form) override;
    upload::UploadError existsError() const override;
    std::string answer(const upload::StoredImage& image,
                       const upload::ImageDetails& details) const override;

private:
    std::optional<upload::UploadError> useCredentialOf(const upload::FormReader& form);

    upload::UploadVersion version_;
    bool isProven_;
    upload::ClientRules rules_;
};

// An upload that ends before it is stored gives its one-time URL back.
class CloudflareUpload final : public UploadApi {
public:
    // What is stored, the form says; or the one-time URL for which the upload came.
    CloudflareUpload(const Door& door, const upload::UploadKey& key);
    CloudflareUpload(const Door& door, upload::OneTimeUpload granted);
    ~CloudflareUpload() override;

    bool isProven() const override { return true; }
    std::optional<upload::UploadError> judgeForm(const upload::FormReader& form) override;
    void beginStoring() override { isUsing_ = false; }
    void endStoring(Stored stored) override;
    upload::UploadError existsError() const override;
    std::string answer(const upload::StoredImage& image,
                       const upload::ImageDetails& details) const override;

private:
    std::optional<upload::UploadError> judgeFields(const upload::FormReader& form);
    std::optional<upload::UploadError> useUrl();

    std::optional<upload::OneTimeUpload> granted_;  // empty: there is no one-time URL
    bool isUsing_ = false;                          // of the one-time URL, not yet permanently
};

}  // namespace private_image
