#include "folder_store/file_mark.hpp"

#include <sys/stat.h>
#include <sys/xattr.h>

#include <array>
#include <cerrno>
#include <string>
#include <string_view>

namespace private_image {

Mark readFileMark(int descriptor) {
    std::array<char, 64> value;
    const ssize_t size = fgetxattr(descriptor, markAttribute, value.data(), value.size());
    if (size < 0) {
        return markOfUnreadAttribute(errno);
    }
    const std::string_view text(value.data(), static_cast<std::size_t>(size));
    return flagMeansPrivate(text) ? Mark::privateImage : Mark::publicImage;
}

Mark markOfUnreadAttribute(int error) {
    return error == ENODATA || error == ENOTSUP ? Mark::unknown : Mark::privateImage;
}

Mark markOfUnopenedFile(int error) {
    return error == ENOENT || error == ENOTDIR ? Mark::unknown : Mark::privateImage;
}

FileFacts readFileFacts(int descriptor) {
    constexpr std::int64_t nanoseconds = 1'000'000'000;
    FileFacts facts;
    struct stat found {};
    if (fstat(descriptor, &found) != 0) {
        facts.mark = Mark::privateImage;
        return facts;
    }
    // The time first: a change that follows it makes the facts of the next reading other ones.
    facts.inode = found.st_ino;
    facts.changedAt = found.st_ctim.tv_sec * nanoseconds + found.st_ctim.tv_nsec;
    facts.mark = readFileMark(descriptor);
    return facts;
}

Revision revisionOfFile(const Revision& answer, const FileFacts& file) {
    if (file.inode == 0) {
        return answer;
    }
    std::string text = std::to_string(answer.etag);
    text += ' ' + std::to_string(file.inode) + ' ' + std::to_string(file.changedAt) + ' ';
    text += markWord(file.mark);
    return revisionOf(text, answer.lastModified);
}

// A file without a mark is as private as private_image_unmarked says only where the first reading
// found one: else what it says is part of the judgement, together with the other marks.
bool maySendFile(const SentFile& file) {
    if (file.judged == Mark::privateImage || file.sent == file.read) {
        return true;
    }
    const Mark sent = file.sent == Mark::unknown ? file.unmarked : file.sent;
    return sent != Mark::privateImage;
}

}  // namespace private_image
