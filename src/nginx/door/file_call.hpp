// A call that manages stored files: their details, an edit, a removal, a purge.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "nginx/door/door_call.hpp"
#include "nginx/door/file_runner.hpp"
#include "upload/imagekit_api/management.hpp"

namespace private_image {

inline constexpr std::size_t maxFileCallBytes = 64 << 10;  // of the body

class FileCall final : public DoorCall {
public:
    using DoorCall::DoorCall;

    // Begins to read the body, of calls without one, too. Returns what a content handler returns.
    ngx_int_t start(const upload::ImagekitRoute& route);

    // DoorCall
    std::string_view path() const override { return route_.path; }
    std::uint64_t bytes() const override {
        return runner_.result() != nullptr ? runner_.result()->image.bytes : 0;
    }

private:
    std::optional<upload::UploadError> takeBytes(std::string_view bytes) override;
    void judgeBody() override;

    void judgeEdit();
    void judgeBatch();
    void judgePurge();
    void startTask(FileTask task, std::vector<std::string> paths);
    void onFinished();

    ngx_int_t answerJob();
    ngx_int_t answerBatch();
    ngx_int_t answerMissing();
    ngx_int_t answerDone(const char* what, ngx_uint_t status, const std::string& json);
    upload::UploadError storeFailed();
    void log(const char* what, const std::string& path) const;

    upload::ImagekitRoute route_;
    std::string body_;
    decltype(FileWork::edit) edit_;
    upload::FileBatch batch_;
    FileRunner runner_;
};

}  // namespace private_image
