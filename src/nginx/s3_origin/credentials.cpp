#include "nginx/s3_origin/credentials.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>
#include <utility>

namespace private_image {
namespace {

constexpr std::size_t maxFileSize = 64 << 10;

class Descriptor {
public:
    // O_NONBLOCK, because opening a named pipe would wait for a writer.
    explicit Descriptor(const std::string& path)
        : number_(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
    ~Descriptor() {
        if (number_ >= 0) {
            close(number_);
        }
    }
    Descriptor(const Descriptor&) = delete;

    int number() const { return number_; }

private:
    int number_;
};

std::string systemProblem() {
    return std::string("cannot be read: ") + std::generic_category().message(errno);
}

}  // namespace

CredentialsFile::State CredentialsFile::State::of(const struct stat& status) {
    return {status.st_dev,  status.st_ino,  status.st_mode,
            status.st_size, status.st_mtim, status.st_ctim};
}

bool CredentialsFile::State::operator==(const State& other) const {
    const auto isSame = [](const timespec& a, const timespec& b) {
        return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
    };
    return device == other.device && inode == other.inode && mode == other.mode &&
           size == other.size && isSame(modified, other.modified) && isSame(changed, other.changed);
}

CredentialsFile::CredentialsFile(std::string path, std::string profile, std::string region)
    : path_(std::move(path)), profile_(std::move(profile)), region_(std::move(region)) {}

// Does not use a stream: its buffer would keep a copy of the secrets.
std::string CredentialsFile::readInto(Secret& content) {
    const Descriptor file(path_);
    struct stat status {};
    if (file.number() < 0 || fstat(file.number(), &status) != 0) {
        return systemProblem();
    }
    seen_ = State::of(status);
    if (!S_ISREG(status.st_mode)) {
        return "is not a regular file, name one";
    }
    if (static_cast<std::uint64_t>(status.st_size) > maxFileSize) {
        return "is longer than " + std::to_string(maxFileSize) + " bytes, write a shorter one";
    }
    std::string bytes(static_cast<std::size_t>(status.st_size), '\0');
    const ssize_t length = pread(file.number(), bytes.data(), bytes.size(), 0);
    const bool isRead = length >= 0;
    bytes.resize(isRead ? static_cast<std::size_t>(length) : 0);
    content = Secret(std::move(bytes));
    return isRead ? std::string() : systemProblem();
}

std::string CredentialsFile::read() {
    Secret content;
    if (std::string error = readInto(content); !error.empty()) {
        return error;
    }
    auto credentials = parseCredentials(content.bytes(), profile_);
    if (!credentials) {
        return problemText(credentials.error(), profile_);
    }
    signer_.emplace(region_, std::move(*credentials));
    return {};
}

StorageSigner& CredentialsFile::current(ngx_log_t* log) {
    if (ngx_time() == checkedAt_) {
        return *signer_;
    }
    checkedAt_ = ngx_time();
    struct stat status {};
    const State now = stat(path_.c_str(), &status) == 0 ? State::of(status) : State{};
    if (now == seen_) {
        return *signer_;
    }
    seen_ = now;
    if (const std::string error = read(); !error.empty()) {
        ngx_log_error(
            NGX_LOG_ERR, log, 0,
            "private_image: credentials file \"%s\" %s; the credentials read before stay in use",
            path_.c_str(), error.c_str());
    } else {
        ngx_log_error(NGX_LOG_NOTICE, log, 0, "private_image: credentials file \"%s\" read again",
                      path_.c_str());
    }
    return *signer_;
}

}  // namespace private_image
