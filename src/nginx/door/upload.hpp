// One upload, from its first byte to the answer: body, judgement, store, answer.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "access/digest.hpp"
#include "nginx/bucket/bucket_write.hpp"
#include "nginx/door/door_call.hpp"
#include "nginx/door/store_job.hpp"
#include "nginx/door/upload_api.hpp"
#include "nginx/host/ngx.hpp"
#include "upload/form.hpp"
#include "upload/outcome.hpp"

namespace private_image {

class Upload final : public DoorCall, public upload::FileWriter {
public:
    Upload(ngx_http_request_t* r, Door& door);
    ~Upload() override;

    // Begins to read the body, whose headers are accepted. Returns what a content handler returns.
    ngx_int_t start(std::unique_ptr<UploadApi> api, const std::string& boundary);

    // upload::FileWriter
    bool write(std::string_view bytes) override;

    // DoorCall
    std::string_view path() const override { return image_.path; }
    std::uint64_t bytes() const override { return image_.bytes; }

private:
    std::optional<upload::UploadError> takeBytes(std::string_view bytes) override;
    void judgeBody() override;
    void onEnd() override;

    void releaseJob();
    bool writeCollected();
    std::optional<upload::UploadError> errorOfBody();
    std::optional<upload::UploadError> errorOfForm() const;
    std::optional<upload::UploadError> errorOfType() const;
    upload::UploadError errorOf(const StoreError& error) const;
    upload::UploadError errorOf(const WriteError& error) const;
    Result<std::string, upload::UploadError> makeDetails();
    bool keepsTags() const { return !api_->request.overwritesTags && !api_->request.tags; }
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
    std::unique_ptr<UploadApi> api_;                 // from start() to the end
    std::optional<upload::MultipartParser> parser_;  // from start() on
    std::string start_;                              // the file's first bytes, which show its type
    std::string collected_;                          // the file's next bytes, not written yet
    std::optional<upload::UploadError> fileError_;   // why write() has stopped the form
    upload::StoredImage image_;
    upload::ImageDetails details_;
    std::shared_ptr<StoreJob> job_;  // from start() to the answer

    // For a bucket.
    std::optional<Sha256Stream> digest_;
    std::optional<BucketRequest> replaced_;  // reads the tags that are kept
    std::optional<BucketWrite> write_;
    bool isWriting_ = false;  // what becomes of the object is not known yet
};

}  // namespace private_image
