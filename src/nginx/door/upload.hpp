// One upload, from its first byte to the answer: body, judgement, store, answer.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "access/digest.hpp"
#include "nginx/bucket/bucket_write.hpp"
#include "nginx/door/door_call.hpp"
#include "nginx/door/store_job.hpp"
#include "nginx/host/ngx.hpp"
#include "upload/form.hpp"
#include "upload/imagekit_api/answer.hpp"
#include "upload/imagekit_api/client_credentials.hpp"
#include "upload/imagekit_api/client_rules.hpp"
#include "upload/imagekit_api/fields.hpp"
#include "upload/outcome.hpp"

namespace private_image {

// A call of the upload API whose headers are accepted.
struct UploadCall {
    upload::UploadVersion version = upload::UploadVersion::v1;
    upload::CredentialKind credential = upload::CredentialKind::basic;
    std::string boundary;
    upload::ClientRules rules;  // for a credential in the form
};

class Upload final : public DoorCall, public upload::FileWriter {
public:
    Upload(ngx_http_request_t* r, Door& door);
    ~Upload() override;

    // Begins to read the body. Returns what a content handler returns.
    ngx_int_t start(const UploadCall& call);

    // upload::FileWriter
    bool write(std::string_view bytes) override;

    // DoorCall
    std::string_view path() const override { return image_.path; }
    std::uint64_t bytes() const override { return image_.bytes; }

private:
    std::optional<upload::UploadError> takeBytes(std::string_view bytes) override;
    void judgeBody() override;
    void onEnd() override { releaseJob(); }

    void releaseJob();
    std::optional<upload::UploadError> errorOfBody();
    std::optional<upload::UploadError> errorOfForm() const;
    std::optional<upload::UploadError> errorOfType() const;
    std::optional<upload::UploadError> checkCredential();
    std::optional<upload::UploadError> readFields();
    bool isProven() const { return call_.credential == upload::CredentialKind::basic; }
    Result<std::string, upload::UploadError> detailsJson() const;
    bool keepsTags() const { return !request_.overwritesTags && !request_.tags; }
    void keepTags(std::string_view replacedDetails);
    void startStep(StoreJob::Step step);
    void onInspected();
    void onPublished();
    void readReplacedObject();
    void publish();
    void writeToBucket();
    void onWritten(const std::optional<WriteError>& error);
    ngx_int_t answerStored();

    upload::FormReader form_;
    UploadCall call_;
    std::optional<upload::MultipartParser> parser_;  // from start() on
    std::string start_;                              // the file's first bytes, which show its type
    std::optional<upload::UploadError> fileError_;   // why write() has stopped the form
    upload::UploadRequest request_;
    upload::StoredImage image_;
    std::shared_ptr<StoreJob> job_;  // from start() to the answer

    // For a bucket.
    std::optional<Sha256Stream> digest_;
    std::optional<BucketRequest> replaced_;  // reads the tags that are kept
    std::optional<BucketWrite> write_;
    bool isWriting_ = false;  // what becomes of the object is not known yet
};

}  // namespace private_image
