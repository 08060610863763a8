// The mark of an image in a folder: the extended attribute user.isprivatefile of its file.
#pragma once

#include <cstdint>

#include "access/privacy_mark.hpp"
#include "image_state/origin_state.hpp"

namespace private_image {

inline constexpr const char* markAttribute = "user.isprivatefile";
inline constexpr const char* detailsAttribute = "user.private_image";

// Reads the mark through a descriptor, never by a path, which could name another file a moment
// later. Values mean what they mean in a flag header. Unknown where there is no attribute, or where
// the file system has none; private where the attribute cannot be read.
Mark readFileMark(int descriptor);

// The mark of an attribute that could not be read, and of a file that could not be opened, by
// errno. Only what is certainly absent has no mark.
Mark markOfUnreadAttribute(int error);
Mark markOfUnopenedFile(int error);

// What a file states of its image.
struct FileFacts {
    Mark mark = Mark::unknown;
    std::uint64_t inode = 0;     // 0: there is no file, or it cannot be examined
    std::int64_t changedAt = 0;  // ctime, in nanoseconds

    bool operator==(const FileFacts&) const = default;
};

FileFacts readFileFacts(int descriptor);

// The revision of an image whose answer states `answer`, and which is sent from `file`. Every
// change of the file or of its attributes is a new revision, also within the second that
// Last-Modified counts. The ETag that clients see stays.
Revision revisionOfFile(const Revision& answer, const FileFacts& file);

// The file of an answer is read twice: when the answer is judged, and when its bytes are sent.
struct SentFile {
    Mark judged = Mark::unknown;    // the mark by which the answer was judged
    Mark read = Mark::unknown;      // the mark of the file that was read then
    Mark sent = Mark::unknown;      // the mark of the file that is sent
    Mark unmarked = Mark::unknown;  // private_image_unmarked
};

// False for a file that may be private in an answer that was judged public.
bool maySendFile(const SentFile& file);

}  // namespace private_image
