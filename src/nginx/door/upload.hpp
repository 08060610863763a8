// One upload, from its first byte to the answer: body, judgement, store, answer.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "nginx/door/door.hpp"
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

// Lives in the request's pool, from the first check on.
class Upload final : public upload::FileWriter {
public:
    Upload(ngx_http_request_t* r, Door& door);
    ~Upload() override;
    Upload(const Upload&) = delete;

    // Answers with an error; the body is not read. Returns what a content handler returns.
    ngx_int_t refuseBeforeBody(const upload::UploadError& error);

    // Begins to read the body. Returns what a content handler returns.
    ngx_int_t start(const UploadCall& call);

    // Takes the next bytes of the body, from NGINX's filter of request bodies. False: the upload
    // was refused, and no more of its body is wanted.
    bool feed(std::string_view bytes);

    // upload::FileWriter
    bool write(std::string_view bytes) override;

    // For variables. The path is decoded, with leading slash; empty: it is not known yet.
    std::string_view path() const { return image_.path; }
    std::uint64_t bytes() const { return image_.bytes; }
    std::optional<upload::Outcome> outcome() const { return outcome_; }

private:
    enum class Stage : std::uint8_t {
        checking,    // before the body
        reading,     // the body
        refusing,    // in mid-body: the answer waits for its event
        inspecting,  // in a thread
        publishing,  // in a thread
        answered,
    };

    static void onWholeBody(ngx_http_request_t* r);
    static void onEvent(ngx_event_t* event);

    ngx_int_t sendError(const upload::UploadError& error, bool isSentToStore);
    void refuseInBody(upload::UploadError error);
    void finish(ngx_int_t rc);
    void end(upload::Outcome outcome);

    std::optional<upload::UploadError> storeStart();
    std::optional<upload::UploadError> errorOfBody();
    std::optional<upload::UploadError> errorOfForm() const;
    std::optional<upload::UploadError> errorOfType() const;
    std::optional<upload::UploadError> checkCredential();
    std::optional<upload::UploadError> readFields();
    bool isProven() const { return call_.credential == upload::CredentialKind::basic; }
    void judgeBody();
    Result<std::string, upload::UploadError> detailsJson() const;
    void startJob(Stage stage);
    void onInspected();
    void onPublished();
    ngx_int_t answerStored();

    ngx_http_request_t* r_;
    Door& door_;
    Stage stage_ = Stage::checking;
    upload::FormReader form_;
    UploadCall call_;
    std::optional<upload::MultipartParser> parser_;  // from start() on
    ngx_event_t event_{};  // the deadline of the body, and a refusal in mid-body
    std::string start_;    // the file's first bytes, which show its type
    std::optional<upload::UploadError> error_;  // in mid-body
    upload::UploadRequest request_;
    upload::StoredImage image_;
    std::shared_ptr<StoreJob> job_;
    std::optional<upload::Outcome> outcome_;
};

// The upload of a request; null: it has none.
Upload* uploadOf(ngx_http_request_t* r);

}  // namespace private_image
