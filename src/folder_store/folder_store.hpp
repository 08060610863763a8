// A folder as a store of images: each file carries its mark, and both change in one step. Functions
// block: they belong into a thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "access/privacy_mark.hpp"
#include "base/result.hpp"

namespace private_image {

// Owns a file descriptor.
class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(Descriptor&& other) noexcept;
    Descriptor& operator=(Descriptor&& other) noexcept;
    ~Descriptor();

    int get() const { return number_; }
    explicit operator bool() const { return number_ >= 0; }

private:
    int number_ = -1;
};

struct FileAccess {
    mode_t file = 0600;
    mode_t folder = 0700;
};

// What is kept with the bytes of an image.
struct FileDetails {
    bool isPrivate = false;
    std::string json;  // for user.private_image
};

enum class StoreProblem : std::uint8_t {
    exists,   // and was not to be replaced
    badName,  // a folder in the file's place, a file in a folder's place, a name that is too long
    markUnseen,  // the mark does not read back from the file
    missing,     // there is no file of that name, such as where a folder or a symbolic link has it
    failed,      // anything else, such as a full disk
    silent,      // it gave no answer in time
};

// NOLINTNEXTLINE(clang-analyzer-core.uninitialized.Assign): it loses the value of a Result
struct StoreError {
    StoreProblem problem = StoreProblem::failed;
    std::string detail;  // for the log: the step and errno's text
};

// A file without a name in the file system of `root`, opened for reading and writing. It is gone
// when its descriptor is closed before it was published.
Result<Descriptor, StoreError> makeUnnamedFile(const std::string& root);

// The same in a file system that may not have unnamed files: the file has a name for an instant.
// For what is never published.
Result<Descriptor, StoreError> makeTemporaryFile(const std::string& folder);

// Gives the unnamed `file` its details and then the name `path` (decoded, with leading slash) below
// `root`, whose missing folders are made. The bytes are on the disk before the name is. A file that
// is replaced stays until then; the new one's mtime is at least one second later. A crash leaves
// the old file or the new one, each with its own mark.
std::optional<StoreError> publishFile(const Descriptor& file, const std::string& root,
                                      std::string_view path, const FileDetails& details,
                                      const FileAccess& access, bool mayReplace);

// A file of the store, open.
struct StoredFile {
    Descriptor root;    // locked where the file was opened for a change: no upload replaces it
    Descriptor folder;  // of the file
    Descriptor file;
    std::string name;  // in the folder

    Mark mark = Mark::unknown;
    std::uint64_t bytes = 0;
    std::int64_t modifiedMs = 0;  // unix milliseconds
    std::string details;          // of user.private_image; empty: it has no such attribute
};

enum class FileUse : std::uint8_t { read, change };

// Opens the file `path` (decoded, with leading slash) below `root`. Everything is read from one
// descriptor, so that it belongs together. For a change, waits until no upload is replacing a file.
Result<StoredFile, StoreError> openStoredFile(const std::string& root, std::string_view path,
                                              FileUse use);

// These need a file that was opened for a change.
std::optional<StoreError> replaceDetails(const StoredFile& file, std::string_view details);
std::optional<StoreError> replaceMark(const StoredFile& file, bool isPrivate);

// The bytes get the new name `path` with these details, and lose the old one. An error leaves the
// file as it was.
std::optional<StoreError> moveStoredFile(const StoredFile& file, const std::string& root,
                                         std::string_view path, const FileDetails& details,
                                         const FileAccess& access);

std::optional<StoreError> removeStoredFile(const StoredFile& file);

// Removes what uploads left that ended between the two steps of a replacement, by a crash. Does
// nothing while an upload replaces a file.
void removeTemporaryFiles(const std::string& root);

// Why `root` cannot be a store; empty: it can. Leaves no trace.
std::string whyNoStore(const std::string& root);

}  // namespace private_image
