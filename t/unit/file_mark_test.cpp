#include "folder_store/file_mark.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string>
#include <vector>

#include "folder_store/folder_store.hpp"

namespace private_image {
namespace {

namespace fs = std::filesystem;

constexpr Mark none = Mark::unknown, isPublic = Mark::publicImage, isPrivate = Mark::privateImage;

TEST(FileMark, OnlyAnAttributeThatIsAbsentIsNoMark) {
    for (const int error : {ENODATA, ENOTSUP, EOPNOTSUPP}) {
        EXPECT_EQ(markOfUnreadAttribute(error), none) << error;
    }
    for (const int error : {0, EACCES, EPERM, EIO, ERANGE, EBADF, EINTR, ENOENT, ENOTDIR, ENOMEM}) {
        EXPECT_EQ(markOfUnreadAttribute(error), isPrivate) << error;
    }
}

TEST(FileMark, OnlyAFileThatIsAbsentHasNoMark) {
    for (const int error : {ENOENT, ENOTDIR}) {
        EXPECT_EQ(markOfUnopenedFile(error), none) << error;
    }
    for (const int error : {0, EACCES, EPERM, EIO, ELOOP, EMFILE, ENFILE, ENODATA, ENAMETOOLONG}) {
        EXPECT_EQ(markOfUnopenedFile(error), isPrivate) << error;
    }
}

// All combinations: what may be sent by the mark that was judged, the marks of the file at the
// judgement and at the sending, and private_image_unmarked.
TEST(FileMark, APrivateFileIsNeverSentInAPublicAnswer) {
    struct Row {
        Mark read, sent, unmarked;
        bool maySend;
    };
    const std::vector<Row> rows{
        {none, none, isPublic, true},
        {none, none, isPrivate, true},  // other marks say public
        {none, isPublic, isPublic, true},
        {none, isPublic, isPrivate, true},  // has become marked as public
        {none, isPrivate, isPublic, false},
        {none, isPrivate, isPrivate, false},  // has become private
        {isPublic, none, isPublic, true},
        {isPublic, none, isPrivate, false},  // has lost its attribute
        {isPublic, isPublic, isPublic, true},
        {isPublic, isPublic, isPrivate, true},  // unchanged
        {isPublic, isPrivate, isPublic, false},
        {isPublic, isPrivate, isPrivate, false},  // has become private
    };
    for (const Row& row : rows) {
        EXPECT_EQ(maySendFile({isPublic, row.read, row.sent, row.unmarked}), row.maySend)
            << static_cast<int>(row.read) << static_cast<int>(row.sent)
            << static_cast<int>(row.unmarked);
        EXPECT_TRUE(maySendFile({isPrivate, row.read, row.sent, row.unmarked}))
            << "a signature allowed it already";
    }
    for (const Mark sent : {none, isPublic, isPrivate}) {
        EXPECT_TRUE(maySendFile({isPrivate, isPrivate, sent, isPublic}));
    }
}

TEST(FileMark, ARevisionDiffersByEachFact) {
    const Revision answer = revisionOf("\"a-1\"", 100);
    const FileFacts file{isPublic, 7, 1000};
    const Revision revision = revisionOfFile(answer, file);
    EXPECT_TRUE(isSameRevision(revision, revisionOfFile(answer, file)));
    EXPECT_FALSE(isSameRevision(revision, answer));
    EXPECT_FALSE(isSameRevision(revision, revisionOfFile(answer, {isPrivate, 7, 1000})));
    EXPECT_FALSE(isSameRevision(revision, revisionOfFile(answer, {none, 7, 1000})));
    EXPECT_FALSE(isSameRevision(revision, revisionOfFile(answer, {isPublic, 8, 1000})));
    EXPECT_FALSE(isSameRevision(revision, revisionOfFile(answer, {isPublic, 7, 1001})));
    EXPECT_FALSE(isSameRevision(revision, revisionOfFile(revisionOf("\"a-2\"", 100), file)));
    EXPECT_FALSE(isSameRevision(revision, revisionOfFile(revisionOf("\"a-1\"", 101), file)));
}

TEST(FileMark, WithoutAFileTheRevisionIsTheAnswers) {
    const Revision answer = revisionOf("\"a-1\"", 100);
    EXPECT_EQ(revisionOfFile(answer, {}), answer);
    EXPECT_EQ(revisionOfFile(answer, {isPrivate, 0, 0}), answer);
    EXPECT_FALSE(revisionOfFile({}, {}).isKnown());
}

TEST(FileMark, WithoutAnETagTheFileIsStillARevision) {
    const Revision revision = revisionOfFile({}, {isPublic, 7, 1000});
    EXPECT_TRUE(revision.isKnown());
    EXPECT_NE(revision.etag, 0u);
    EXPECT_EQ(revision.lastModified, -1);
}

class MarkedFile : public testing::Test {
protected:
    void SetUp() override {
        path_ = fs::temp_directory_path() / "marked-file-XXXXXX";
        file_ = Descriptor(mkstemp(path_.data()));
        ASSERT_TRUE(file_);
    }
    void TearDown() override { fs::remove(path_); }

    void mark(const std::string& value) {
        ASSERT_EQ(fsetxattr(file_.get(), markAttribute, value.data(), value.size(), 0), 0);
    }

    std::string path_;
    Descriptor file_;
};

TEST_F(MarkedFile, ValuesMeanWhatTheyMeanInAFlagHeader) {
    EXPECT_EQ(readFileMark(file_.get()), none);
    for (const char* value : {"true", "1", "yes", "on", "TRUE", "anything", "nofalse", "\xff"}) {
        mark(value);
        EXPECT_EQ(readFileMark(file_.get()), isPrivate) << value;
    }
    for (const char* value : {"false", "0", "no", "off", "", " False\t", "OFF"}) {
        mark(value);
        EXPECT_EQ(readFileMark(file_.get()), isPublic) << value;
    }
    mark(std::string(1000, ' '));
    EXPECT_EQ(readFileMark(file_.get()), isPrivate) << "too long for a flag";
}

TEST_F(MarkedFile, FactsChangeWithTheAttribute) {
    mark("false");
    const FileFacts before = readFileFacts(file_.get());
    EXPECT_EQ(before.mark, isPublic);
    EXPECT_EQ(before, readFileFacts(file_.get()));
    mark("true");
    const FileFacts after = readFileFacts(file_.get());
    EXPECT_EQ(after.mark, isPrivate);
    EXPECT_EQ(after.inode, before.inode);
    EXPECT_GE(after.changedAt, before.changedAt);
    struct stat found {};
    ASSERT_EQ(fstat(file_.get(), &found), 0);
    EXPECT_EQ(after.changedAt / 1'000'000'000, found.st_ctim.tv_sec);
}

TEST_F(MarkedFile, WhatCannotBeReadIsPrivate) {
    EXPECT_EQ(readFileMark(-1), isPrivate);
    EXPECT_EQ(readFileFacts(-1), (FileFacts{isPrivate, 0, 0}));
    const Descriptor onlyNamed(open(path_.c_str(), O_PATH));  // fgetxattr refuses it
    ASSERT_TRUE(onlyNamed);
    EXPECT_EQ(readFileMark(onlyNamed.get()), isPrivate);
}

}  // namespace
}  // namespace private_image
