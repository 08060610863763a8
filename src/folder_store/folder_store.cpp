#include "folder_store/folder_store.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <system_error>
#include <utility>

#include "access/digest.hpp"
#include "folder_store/file_mark.hpp"

namespace private_image {

namespace {

std::string described(const char* step, int error) {
    return std::string(step) + ": " + std::generic_category().message(error);
}

// errno of the last call as a problem of the store.
StoreError failure(const char* step) {
    const int error = errno;
    const bool isName = error == ENOTDIR || error == EISDIR || error == ENAMETOOLONG ||
                        error == ELOOP || error == EINVAL;
    return {error == EEXIST ? StoreProblem::exists
            : isName        ? StoreProblem::badName
                            : StoreProblem::failed,
            described(step, error)};
}

// The name under which an unnamed file can be linked.
std::string linkSource(const Descriptor& file) {
    return "/proc/self/fd/" + std::to_string(file.get());
}

constexpr std::string_view temporaryPrefix = ".private_image.";

// One name per target, in the root: the next upload to the target, or the next worker, removes what
// a crash left there.
std::string temporaryName(std::string_view path) {
    return std::string(temporaryPrefix) + sha256Hex(path).substr(0, 32);
}

Result<Descriptor, StoreError> openFolder(int parent, const std::string& name) {
    Descriptor folder(openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder) {
        return Error{failure("open a folder")};
    }
    return folder;
}

Result<Descriptor, StoreError> openOrMakeFolder(int parent, const std::string& name, mode_t mode) {
    auto folder = openFolder(parent, name);
    if (folder || errno != ENOENT) {
        return folder;
    }
    if (mkdirat(parent, name.c_str(), mode) != 0 && errno != EEXIST) {
        return Error{failure("make a folder")};
    }
    folder = openFolder(parent, name);
    if (folder && fchmod(folder->get(), mode) != 0) {  // what umask has taken away
        return Error{failure("set the access of a folder")};
    }
    return folder;
}

struct Target {
    Descriptor root, folder;
    std::string name;
    std::string temporary;  // in the root
};

Result<Target, StoreError> openTarget(const std::string& root, std::string_view path, mode_t mode) {
    auto top = openFolder(AT_FDCWD, root);
    if (!top) {
        return Error{top.error()};
    }
    auto first = openFolder(AT_FDCWD, root);
    if (!first) {
        return Error{first.error()};
    }
    Descriptor folder = std::move(*first);
    std::size_t begin = 1;
    for (std::size_t end; (end = path.find('/', begin)) != path.npos; begin = end + 1) {
        auto next =
            openOrMakeFolder(folder.get(), std::string(path.substr(begin, end - begin)), mode);
        if (!next) {
            return Error{next.error()};
        }
        folder = std::move(*next);
    }
    return Target{std::move(*top), std::move(folder), std::string(path.substr(begin)),
                  temporaryName(path)};
}

std::optional<StoreError> setAttribute(const Descriptor& file, const char* name,
                                       std::string_view value) {
    if (fsetxattr(file.get(), name, value.data(), value.size(), 0) != 0) {
        return StoreError{StoreProblem::failed, described("set an attribute", errno)};
    }
    return std::nullopt;
}

std::optional<StoreError> setMark(const Descriptor& file, bool isPrivate) {
    if (auto error = setAttribute(file, markAttribute, isPrivate ? "true" : "false")) {
        return error;
    }
    if (readFileMark(file.get()) != (isPrivate ? Mark::privateImage : Mark::publicImage)) {
        return StoreError{StoreProblem::markUnseen, "the mark does not read back"};
    }
    return std::nullopt;
}

std::optional<StoreError> writeToDisk(const Descriptor& file) {
    if (fsync(file.get()) != 0) {
        return StoreError{StoreProblem::failed, described("write to the disk", errno)};
    }
    return std::nullopt;
}

// Sets everything that the file carries but its name.
std::optional<StoreError> finishFile(const Descriptor& file, const FileDetails& details,
                                     mode_t mode) {
    if (auto error = setMark(file, details.isPrivate)) {
        return error;
    }
    if (auto error = setAttribute(file, detailsAttribute, details.json)) {
        return error;
    }
    if (fchmod(file.get(), mode) != 0) {
        return failure("set the access of a file");
    }
    return std::nullopt;
}

// Clients' validators have seconds: what replaces a file must not look like it.
std::optional<StoreError> setTimes(const Descriptor& file, const Target& target) {
    struct stat old {};
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    if (fstatat(target.folder.get(), target.name.c_str(), &old, 0) == 0) {
        now.tv_sec = std::max(now.tv_sec, old.st_mtim.tv_sec + 1);
    }
    const timespec times[] = {now, now};
    if (futimens(file.get(), times) != 0) {
        return failure("set the time of a file");
    }
    return std::nullopt;
}

std::optional<StoreError> linkNew(const Descriptor& file, const Target& target) {
    if (linkat(AT_FDCWD, linkSource(file).c_str(), target.folder.get(), target.name.c_str(),
               AT_SYMLINK_FOLLOW) != 0) {
        return failure("link a file");
    }
    return std::nullopt;
}

// Linux links over no existing name, and renames only what has one.
std::optional<StoreError> replace(const Descriptor& file, const Target& target) {
    const int root = target.root.get();
    const char* temporary = target.temporary.c_str();
    if (unlinkat(root, temporary, 0) != 0 && errno != ENOENT) {
        return failure("remove an old temporary file");
    }
    if (linkat(AT_FDCWD, linkSource(file).c_str(), root, temporary, AT_SYMLINK_FOLLOW) != 0) {
        return failure("link a temporary file");
    }
    if (renameat(root, temporary, target.folder.get(), target.name.c_str()) != 0) {
        const StoreError error = failure("rename a file");
        unlinkat(root, temporary, 0);
        return error;
    }
    return std::nullopt;
}

// A name that no file can have is that of no file.
StoreError openFailure() {
    const int error = errno;
    const bool isMissing = error == ENOENT || error == ENOTDIR || error == ELOOP ||
                           error == ENAMETOOLONG || error == ENXIO;
    return {isMissing ? StoreProblem::missing : StoreProblem::failed,
            described("open a file", error)};
}

// The folder that holds the file `path`; its last segment is returned in `name`.
Descriptor openFolderOf(const Descriptor& root, std::string_view path, std::string& name) {
    const std::size_t slash = path.rfind('/');
    const std::string folder = "." + std::string(path.substr(0, slash));
    name = path.substr(slash + 1);
    return Descriptor(openat(root.get(), folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

// Empty where the file has no details, or longer ones than an upload writes.
std::string readDetails(const Descriptor& file) {
    std::array<char, 4096> value;
    const ssize_t size = fgetxattr(file.get(), detailsAttribute, value.data(), value.size());
    return size < 0 ? std::string() : std::string(value.data(), static_cast<std::size_t>(size));
}

// Another file without a name, with the same bytes.
Result<Descriptor, StoreError> copyOf(const StoredFile& file, const std::string& root) {
    auto copy = makeUnnamedFile(root);
    off_t from = 0;
    while (copy && from < static_cast<off_t>(file.bytes)) {
        const std::size_t rest =
            static_cast<std::size_t>(file.bytes) - static_cast<std::size_t>(from);
        const ssize_t copied =
            copy_file_range(file.file.get(), &from, copy->get(), nullptr, rest, 0);
        if (copied <= 0) {
            return Error{StoreError{StoreProblem::failed, described("copy a file", errno)}};
        }
    }
    return copy;
}

std::int64_t milliseconds(const timespec& time) {
    return std::int64_t{time.tv_sec} * 1000 + time.tv_nsec / 1'000'000;
}

}  // namespace

Descriptor::Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
}

Descriptor::~Descriptor() {
    if (number_ >= 0) {
        close(number_);
    }
}

Result<Descriptor, StoreError> makeUnnamedFile(const std::string& root) {
    Descriptor file(open(root.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    if (!file) {
        const int error = errno;
        const std::string step = "make an unnamed file in " + root;
        return Error{StoreError{StoreProblem::failed, described(step.c_str(), error)}};
    }
    return file;
}

Result<Descriptor, StoreError> makeTemporaryFile(const std::string& folder) {
    if (auto file = makeUnnamedFile(folder)) {
        return file;
    }
    std::string name = folder + "/private-image-XXXXXX";
    Descriptor file(mkostemp(name.data(), O_CLOEXEC));
    if (!file) {
        const int error = errno;
        const std::string step = "make a temporary file in " + folder;
        return Error{StoreError{StoreProblem::failed, described(step.c_str(), error)}};
    }
    unlink(name.c_str());
    return file;
}

std::optional<StoreError> publishFile(const Descriptor& file, const std::string& root,
                                      std::string_view path, const FileDetails& details,
                                      const FileAccess& access, bool mayReplace) {
    if (auto error = finishFile(file, details, access.file)) {
        return error;
    }
    const auto target = openTarget(root, path, access.folder);
    if (!target) {
        return target.error();
    }
    if (auto error = writeToDisk(file)) {
        return error;
    }
    // From here on one upload after the other: two to one target share a temporary name.
    if (flock(target->root.get(), LOCK_EX) != 0) {
        return failure("lock the root folder");
    }
    if (auto error = setTimes(file, *target)) {
        return error;
    }
    if (auto error = mayReplace ? replace(file, *target) : linkNew(file, *target)) {
        return error;
    }
    return writeToDisk(target->folder);
}

Result<StoredFile, StoreError> openStoredFile(const std::string& root, std::string_view path,
                                              FileUse use) {
    auto top = openFolder(AT_FDCWD, root);
    if (!top) {
        return Error{top.error()};
    }
    if (use == FileUse::change && flock(top->get(), LOCK_EX) != 0) {
        return Error{StoreError{StoreProblem::failed, described("lock the root folder", errno)}};
    }
    StoredFile stored;
    stored.root = std::move(*top);
    stored.folder = openFolderOf(stored.root, path, stored.name);
    if (!stored.folder) {
        return Error{openFailure()};
    }
    // Without O_NONBLOCK a named pipe would stop the thread.
    stored.file = Descriptor(openat(stored.folder.get(), stored.name.c_str(),
                                    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    struct stat found {};
    if (!stored.file || fstat(stored.file.get(), &found) != 0) {
        return Error{openFailure()};
    }
    if (!S_ISREG(found.st_mode)) {
        return Error{StoreError{StoreProblem::missing, "it is no file"}};
    }
    stored.mark = readFileMark(stored.file.get());
    stored.bytes = static_cast<std::uint64_t>(found.st_size);
    stored.modifiedMs = milliseconds(found.st_mtim);
    stored.details = readDetails(stored.file);
    return stored;
}

std::optional<StoreError> replaceDetails(const StoredFile& file, std::string_view details) {
    auto error = setAttribute(file.file, detailsAttribute, details);
    return error ? error : writeToDisk(file.file);
}

std::optional<StoreError> replaceMark(const StoredFile& file, bool isPrivate) {
    auto error = setMark(file.file, isPrivate);
    return error ? error : writeToDisk(file.file);
}

std::optional<StoreError> moveStoredFile(const StoredFile& file, const std::string& root,
                                         std::string_view path, const FileDetails& details,
                                         const FileAccess& access) {
    const auto copy = copyOf(file, root);
    if (!copy) {
        return copy.error();
    }
    if (auto error = finishFile(*copy, details, access.file)) {
        return error;
    }
    if (auto error = writeToDisk(*copy)) {
        return error;
    }
    const auto target = openTarget(root, path, access.folder);
    if (!target) {
        return target.error();
    }
    if (auto error = linkNew(*copy, *target)) {
        return error;
    }
    auto error = writeToDisk(target->folder);
    if (!error && unlinkat(file.folder.get(), file.name.c_str(), 0) != 0) {
        error = failure("remove a file");
    }
    if (error) {
        unlinkat(target->folder.get(), target->name.c_str(), 0);
        return error;
    }
    fsync(file.folder.get());  // the move is done: its old name may only come back after a crash
    return std::nullopt;
}

std::optional<StoreError> removeStoredFile(const StoredFile& file) {
    if (unlinkat(file.folder.get(), file.name.c_str(), 0) != 0) {
        return StoreError{errno == ENOENT ? StoreProblem::missing : StoreProblem::failed,
                          described("remove a file", errno)};
    }
    return writeToDisk(file.folder);
}

void removeTemporaryFiles(const std::string& root) {
    const Descriptor folder(open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder || flock(folder.get(), LOCK_EX | LOCK_NB) != 0) {
        return;  // an upload is using its own
    }
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(root, error)) {
        const std::string name = entry.path().filename().string();
        if (name.starts_with(temporaryPrefix)) {
            unlinkat(folder.get(), name.c_str(), 0);
        }
    }
}

std::string whyNoStore(const std::string& root) {
    const auto file = makeUnnamedFile(root);
    if (!file) {
        return file.error().detail;
    }
    const auto error = finishFile(*file, {true, "{}"}, 0600);
    return error ? error->detail : std::string();
}

}  // namespace private_image
