// The credentials file of a private_image_s3, and the signer made of it: read with the
// configuration, and again when the file changes.
#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>

#include "nginx/host/ngx.hpp"
#include "s3/signer.hpp"

namespace private_image {

class CredentialsFile {
public:
    CredentialsFile(std::string path, std::string profile, std::string region);

    // Reads the file. Returns why it cannot be used and what to write instead; empty on success.
    std::string read();

    // The signer for the file's current content, which is checked at most once a second. A file
    // that cannot be used is logged once, and the credentials read before stay in use.
    StorageSigner& current(ngx_log_t* log);

    bool mayBeReadByOthers() const { return (seen_.mode & S_IROTH) != 0; }
    const std::string& path() const { return path_; }

private:
    // Differs after the file was changed or replaced; all zero if the file does not exist.
    struct State {
        dev_t device = 0;
        ino_t inode = 0;
        mode_t mode = 0;
        off_t size = 0;
        timespec modified{}, changed{};

        static State of(const struct stat& status);
        bool operator==(const State& other) const;
    };

    std::string readInto(Secret& content);

    std::string path_, profile_, region_;
    State seen_;
    time_t checkedAt_ = 0;
    std::optional<StorageSigner> signer_;
};

}  // namespace private_image
