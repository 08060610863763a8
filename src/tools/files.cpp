#include "tools/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace private_image::tools {
namespace {

class Descriptor {
public:
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (number_ >= 0) {
            close(number_);
        }
    }

    int number() const { return number_; }
    bool isOpen() const { return number_ >= 0; }

private:
    int number_;
};

std::string systemError() {
    return std::generic_category().message(errno);
}

std::string sizeError(std::size_t maxSize) {
    return "it is longer than " + std::to_string(maxSize) + " bytes";
}

// Reads up to one byte more than `maxSize`, to find out what is too long. `expected`: the size that
// the system reports; memory for it is allocated once, so that no copy of a key remains in memory.
Result<std::string, std::string> readAll(int descriptor, std::size_t expected,
                                         std::size_t maxSize) {
    std::string bytes(std::min(expected, maxSize) + 1, '\0');
    std::size_t length = 0;
    for (;;) {
        const ssize_t got = read(descriptor, bytes.data() + length, bytes.size() - length);
        if (got < 0 && errno != EINTR) {
            return Error{systemError()};
        }
        if (got == 0) {
            break;
        }
        length += static_cast<std::size_t>(std::max<ssize_t>(got, 0));
        if (length > maxSize) {
            return Error{sizeError(maxSize)};
        }
        if (length == bytes.size()) {
            bytes.resize(std::min(2 * bytes.size(), maxSize + 1));
        }
    }
    bytes.resize(length);
    return bytes;
}

std::string writeAll(int descriptor, std::span<const unsigned char> bytes) {
    while (!bytes.empty()) {
        const ssize_t written = write(descriptor, bytes.data(), bytes.size());
        if (written < 0 && errno != EINTR) {
            return systemError();
        }
        bytes = bytes.subspan(static_cast<std::size_t>(std::max<ssize_t>(written, 0)));
    }
    return {};
}

// A new file gets the permissions of the umask; an existing one keeps its own.
mode_t permissionsFor(const std::string& path) {
    struct stat status {};
    if (stat(path.c_str(), &status) == 0) {
        return status.st_mode & 0777;
    }
    const mode_t mask = umask(0);
    umask(mask);
    return 0666 & ~mask;
}

// Devices and pipes can be written, but not replaced.
bool isReplaceable(const std::string& path) {
    struct stat status {};
    return stat(path.c_str(), &status) != 0 || S_ISREG(status.st_mode);
}

std::string replaceFile(const std::string& path, std::span<const unsigned char> bytes) {
    std::string temporary = path + ".XXXXXX";
    const mode_t permissions = permissionsFor(path);
    const Descriptor file(mkostemp(temporary.data(), O_CLOEXEC));
    if (!file.isOpen()) {
        return systemError();
    }
    std::string error = writeAll(file.number(), bytes);
    if (error.empty() && (fchmod(file.number(), permissions) != 0 ||
                          std::rename(temporary.c_str(), path.c_str()) != 0)) {
        error = systemError();
    }
    if (!error.empty()) {
        unlink(temporary.c_str());
    }
    return error;
}

}  // namespace

Result<FileContent, std::string> readFile(const std::string& path, std::size_t maxSize) {
    // Without O_NONBLOCK, opening a pipe without a writer would block.
    const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct stat status {};
    if (!file.isOpen() || fstat(file.number(), &status) != 0) {
        return Error{systemError()};
    }
    if (S_ISDIR(status.st_mode)) {
        return Error{std::string("it is a directory, name a file")};
    }
    if (!S_ISREG(status.st_mode)) {
        return Error{std::string("it is not a regular file")};
    }
    if (static_cast<std::uint64_t>(status.st_size) > maxSize) {
        return Error{sizeError(maxSize)};
    }
    auto bytes = readAll(file.number(), static_cast<std::size_t>(status.st_size), maxSize);
    if (!bytes) {
        return Error{bytes.error()};
    }
    return FileContent{std::move(*bytes), (status.st_mode & S_IROTH) != 0};
}

Result<FileContent, std::string> readStandardInput(std::size_t maxSize) {
    constexpr std::size_t expected = 1 << 20;
    auto bytes = readAll(STDIN_FILENO, expected, maxSize);
    if (!bytes) {
        return Error{bytes.error()};
    }
    return FileContent{std::move(*bytes), false};
}

std::string writeFile(const std::string& name, std::span<const unsigned char> bytes) {
    if (name == "-") {
        return writeAll(STDOUT_FILENO, bytes);
    }
    // A symbolic link remains; its target is replaced.
    std::error_code problem;
    const std::filesystem::path resolved = std::filesystem::weakly_canonical(name, problem);
    const std::string path = problem ? name : resolved.string();
    if (isReplaceable(path)) {
        return replaceFile(path, bytes);
    }
    const Descriptor file(open(path.c_str(), O_WRONLY | O_CLOEXEC));
    return file.isOpen() ? writeAll(file.number(), bytes) : systemError();
}

bool Lines::next(std::string& line) {
    line.clear();
    int c = std::getc(stdin);
    if (c == EOF) {
        return false;
    }
    for (; c != EOF && c != '\n'; c = std::getc(stdin)) {
        if (line.size() < maxLength_) {
            line += static_cast<char>(c);
        }
    }
    return true;
}

}  // namespace private_image::tools
