// A call of Cloudflare's API other than an upload: a one-time URL, an image's details or its bytes,
// an edit, a removal.
#pragma once

#include <optional>
#include <string>

#include "nginx/door/door_call.hpp"
#include "nginx/door/file_runner.hpp"
#include "upload/cloudflare_api/draft.hpp"
#include "upload/cloudflare_api/fields.hpp"
#include "upload/cloudflare_api/routes.hpp"
#include "upload/form.hpp"

namespace private_image {

inline constexpr std::size_t maxImageCallBytes = 64 << 10;  // of the body

class ImageCall final : public DoorCall, private upload::FileWriter {
public:
    ImageCall(ngx_http_request_t* r, Door& door) : DoorCall(r, door), form_(*this) {}

    // Begins to read the body, of calls without one, too. `key`: which the call was made with.
    // Returns what a content handler returns.
    ngx_int_t start(const upload::CloudflareRoute& route, const upload::UploadKey& key);

    // DoorCall
    std::string_view path() const override { return path_; }
    std::uint64_t bytes() const override;

private:
    bool write(std::string_view) override { return false; }  // these forms have no file
    std::optional<upload::UploadError> takeBytes(std::string_view bytes) override;
    void judgeBody() override;

    Result<upload::Json, upload::UploadError> readFields();
    ngx_int_t answerDirectUpload();
    std::optional<upload::UploadError> keepDraft(const upload::DirectUpload& direct,
                                                 std::string_view target);
    void judgeEdit();
    void startTask(FileTask task);
    void onFinished();
    ngx_int_t answerTask();
    std::string describe() const;
    ngx_int_t answerMissing();
    ngx_int_t removeDraft(const upload::Draft& draft);
    upload::UploadError storeFailed(const StoreError& error) const;
    ngx_int_t sendBytes();
    ngx_int_t answerDone(const char* what, const std::string& json);
    void log(const char* what) const;

    upload::CloudflareRoute route_;
    std::string path_;
    const upload::UploadKey* key_ = nullptr;
    upload::FormReader form_;
    std::optional<upload::MultipartParser> parser_;  // of a multipart form
    std::string body_;                               // of anything else
    decltype(FileWork::edit) edit_;
    FileRunner runner_;
    std::optional<BucketRequest> download_;
};

}  // namespace private_image
