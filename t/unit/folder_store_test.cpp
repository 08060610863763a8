#include "folder_store/folder_store.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "access/digest.hpp"
#include "folder_store/file_mark.hpp"

namespace private_image {
namespace {

namespace fs = std::filesystem;

class FolderStore : public testing::Test {
protected:
    void SetUp() override {
        std::string name = fs::temp_directory_path() / "folder-store-XXXXXX";
        ASSERT_NE(mkdtemp(name.data()), nullptr);
        root_ = name;
    }
    void TearDown() override { fs::remove_all(root_); }

    std::optional<StoreError> store(const std::string& path, const std::string& bytes,
                                    bool isPrivate, bool mayReplace = true) {
        auto file = makeUnnamedFile(root_);
        EXPECT_TRUE(file);
        EXPECT_EQ(write(file->get(), bytes.data(), bytes.size()),
                  static_cast<ssize_t>(bytes.size()));
        return publishFile(*file, root_, path, {isPrivate, R"({"a":1})"}, {0640, 0750}, mayReplace);
    }

    std::string bytesOf(const std::string& path) {
        std::ifstream file(root_ + path, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }

    Mark markOf(const std::string& path) {
        const Descriptor file(open((root_ + path).c_str(), O_RDONLY));
        EXPECT_TRUE(file) << path;
        return readFileMark(file.get());
    }

    std::size_t entries() {
        return static_cast<std::size_t>(std::distance(fs::recursive_directory_iterator(root_), {}));
    }

    std::string root_;
};

TEST_F(FolderStore, AFileHasItsMarkAndItsAccess) {
    EXPECT_FALSE(store("/a/b/c.png", "one", true));
    EXPECT_EQ(bytesOf("/a/b/c.png"), "one");
    EXPECT_EQ(markOf("/a/b/c.png"), Mark::privateImage);
    struct stat found {};
    ASSERT_EQ(stat((root_ + "/a/b/c.png").c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777, 0640u);
    EXPECT_EQ(found.st_nlink, 1u);
    ASSERT_EQ(stat((root_ + "/a").c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777, 0750u);
    char details[16];
    EXPECT_EQ(getxattr((root_ + "/a/b/c.png").c_str(), detailsAttribute, details, sizeof details),
              7);
    EXPECT_EQ(entries(), 3u);
}

TEST_F(FolderStore, BytesAndMarkAreReplacedTogether) {
    EXPECT_FALSE(store("/a.png", "private", true));
    struct stat before {};
    ASSERT_EQ(stat((root_ + "/a.png").c_str(), &before), 0);
    const Descriptor old(open((root_ + "/a.png").c_str(), O_RDONLY));
    EXPECT_FALSE(store("/a.png", "public", false));
    EXPECT_EQ(bytesOf("/a.png"), "public");
    EXPECT_EQ(markOf("/a.png"), Mark::publicImage);
    EXPECT_EQ(readFileMark(old.get()), Mark::privateImage);  // who still reads the old bytes
    struct stat after {};
    ASSERT_EQ(stat((root_ + "/a.png").c_str(), &after), 0);
    EXPECT_GT(after.st_mtim.tv_sec, before.st_mtim.tv_sec);
    EXPECT_EQ(entries(), 1u);
}

TEST_F(FolderStore, WhatExistsIsOnlyReplacedWhereThatIsAllowed) {
    EXPECT_FALSE(store("/a.png", "one", true, false));
    const auto error = store("/a.png", "two", false, false);
    ASSERT_TRUE(error);
    EXPECT_EQ(error->problem, StoreProblem::exists);
    EXPECT_EQ(bytesOf("/a.png"), "one");
    EXPECT_EQ(markOf("/a.png"), Mark::privateImage);
    EXPECT_EQ(entries(), 1u);
}

TEST_F(FolderStore, BadNamesLeaveEverythingAsItWas) {
    EXPECT_FALSE(store("/a.png", "one", false));
    EXPECT_FALSE(store("/folder/b.png", "two", false));
    for (const std::string& path :
         {std::string("/folder"), std::string("/a.png/b.png"), "/" + std::string(256, 'x'),
          "/" + std::string(256, 'x') + "/a.png"}) {
        const auto error = store(path, "three", true);
        ASSERT_TRUE(error) << path;
        EXPECT_EQ(error->problem, StoreProblem::badName) << path << error->detail;
    }
    EXPECT_EQ(entries(), 3u);
    EXPECT_EQ(bytesOf("/a.png"), "one");
}

TEST_F(FolderStore, WhatACrashLeftIsRemoved) {
    EXPECT_FALSE(store("/a.png", "one", false));
    // A crash between link and rename leaves the temporary name.
    const std::string left = root_ + "/.private_image." + sha256Hex("/a.png").substr(0, 32);
    std::ofstream(left) << "left";
    EXPECT_EQ(entries(), 2u);
    EXPECT_FALSE(store("/a.png", "two", true));
    EXPECT_EQ(bytesOf("/a.png"), "two");
    EXPECT_EQ(entries(), 1u);
    std::ofstream(left) << "left";
    removeTemporaryFiles(root_);
    EXPECT_EQ(entries(), 1u);
}

TEST_F(FolderStore, TheTemporaryFileOfARunningUploadIsNotRemoved) {
    std::ofstream(root_ + "/.private_image.0") << "of an upload";
    const Descriptor root(open(root_.c_str(), O_RDONLY | O_DIRECTORY));
    ASSERT_EQ(flock(root.get(), LOCK_EX), 0);
    removeTemporaryFiles(root_);
    EXPECT_EQ(entries(), 1u);
}

TEST_F(FolderStore, ReadersSeeBytesWithTheirOwnMark) {
    EXPECT_FALSE(store("/a.png", "private", true));
    std::atomic<bool> stop = false;
    std::thread reader([&] {
        while (!stop) {
            const Descriptor file(open((root_ + "/a.png").c_str(), O_RDONLY));
            ASSERT_TRUE(file);
            char bytes[16];
            const ssize_t size = read(file.get(), bytes, sizeof bytes);
            const bool isPrivate =
                std::string_view(bytes, static_cast<std::size_t>(size)) == "private";
            ASSERT_EQ(readFileMark(file.get()), isPrivate ? Mark::privateImage : Mark::publicImage);
        }
    });
    std::vector<std::thread> writers;
    for (const bool isPrivate : {true, false, true}) {
        writers.emplace_back([&, isPrivate] {
            for (int i = 0; i < 30; ++i) {
                ASSERT_FALSE(store("/a.png", isPrivate ? "private" : "public", isPrivate));
            }
        });
    }
    for (std::thread& writer : writers) {
        writer.join();
    }
    stop = true;
    reader.join();
    EXPECT_EQ(entries(), 1u);
}

TEST_F(FolderStore, AFileIsReadWithItsMarkAndDetails) {
    EXPECT_FALSE(store("/a/b.png", "private", true));
    EXPECT_FALSE(store("/c.png", "public one", false));
    const auto file = openStoredFile(root_, "/a/b.png", FileUse::read);
    ASSERT_TRUE(file);
    EXPECT_EQ(file->mark, Mark::privateImage);
    EXPECT_EQ(file->bytes, 7u);
    EXPECT_EQ(file->details, R"({"a":1})");
    struct stat found {};
    ASSERT_EQ(stat((root_ + "/a/b.png").c_str(), &found), 0);
    EXPECT_EQ(file->modifiedMs / 1000, found.st_mtim.tv_sec);
    EXPECT_EQ(openStoredFile(root_, "/c.png", FileUse::read)->mark, Mark::publicImage);
    std::ofstream(root_ + "/bare.png") << "of an operator";
    const auto bare = openStoredFile(root_, "/bare.png", FileUse::read);
    ASSERT_TRUE(bare);
    EXPECT_EQ(bare->mark, Mark::unknown);
    EXPECT_EQ(bare->details, "");
}

TEST_F(FolderStore, OnlyAFileIsAFile) {
    EXPECT_FALSE(store("/folder/a.png", "one", true));
    fs::create_symlink("folder/a.png", root_ + "/link.png");
    fs::create_symlink("missing.png", root_ + "/dangling.png");
    ASSERT_EQ(mkfifo((root_ + "/pipe.png").c_str(), 0600), 0);
    for (const std::string& path :
         {std::string("/folder"), std::string("/link.png"), std::string("/dangling.png"),
          std::string("/pipe.png"), std::string("/missing.png"), std::string("/missing/a.png"),
          std::string("/folder/a.png/b.png"), "/" + std::string(256, 'x')}) {
        for (const FileUse use : {FileUse::read, FileUse::change}) {
            const auto file = openStoredFile(root_, path, use);
            ASSERT_FALSE(file) << path;
            EXPECT_EQ(file.error().problem, StoreProblem::missing) << path << file.error().detail;
        }
    }
    EXPECT_EQ(bytesOf("/folder/a.png"), "one");
    EXPECT_EQ(openStoredFile(root_ + "/missing", "/a.png", FileUse::read).error().problem,
              StoreProblem::failed);
}

TEST_F(FolderStore, DetailsAreReplacedWithoutTheirMark) {
    for (const bool isPrivate : {true, false}) {
        EXPECT_FALSE(store("/a.png", "one", isPrivate));
        const auto file = openStoredFile(root_, "/a.png", FileUse::change);
        ASSERT_TRUE(file);
        EXPECT_FALSE(replaceDetails(*file, R"({"b":2})"));
        const auto again = openStoredFile(root_, "/a.png", FileUse::read);
        EXPECT_EQ(again->details, R"({"b":2})");
        EXPECT_EQ(again->mark, isPrivate ? Mark::privateImage : Mark::publicImage);
        EXPECT_EQ(again->modifiedMs, file->modifiedMs);
        EXPECT_EQ(bytesOf("/a.png"), "one");
    }
}

TEST_F(FolderStore, ARemovedFileIsGone) {
    EXPECT_FALSE(store("/a/b.png", "one", true));
    {
        const auto file = openStoredFile(root_, "/a/b.png", FileUse::change);
        ASSERT_TRUE(file);
        EXPECT_FALSE(removeStoredFile(*file));
        const auto error = removeStoredFile(*file);
        ASSERT_TRUE(error);
        EXPECT_EQ(error->problem, StoreProblem::missing);
    }
    EXPECT_EQ(openStoredFile(root_, "/a/b.png", FileUse::read).error().problem,
              StoreProblem::missing);
    EXPECT_EQ(entries(), 1u);
}

TEST_F(FolderStore, NoUploadReplacesAFileThatIsBeingChanged) {
    EXPECT_FALSE(store("/a.png", "one", true));
    std::atomic<bool> isReplaced = false;
    std::thread upload;
    {
        const auto file = openStoredFile(root_, "/a.png", FileUse::change);
        ASSERT_TRUE(file);
        upload = std::thread([&] {
            EXPECT_FALSE(store("/a.png", "two", false));
            isReplaced = true;
        });
        EXPECT_FALSE(replaceDetails(*file, R"({"b":2})"));
        EXPECT_TRUE(openStoredFile(root_, "/a.png", FileUse::read));  // readers do not wait
        EXPECT_FALSE(isReplaced);
        EXPECT_EQ(bytesOf("/a.png"), "one");
    }
    upload.join();
    EXPECT_EQ(bytesOf("/a.png"), "two");
    EXPECT_EQ(openStoredFile(root_, "/a.png", FileUse::read)->details, R"({"a":1})");
}

TEST_F(FolderStore, AMarkIsReplacedWithoutTheBytes) {
    ASSERT_FALSE(store("/a.png", "abc", false));
    for (const bool isPrivate : {true, true, false}) {
        const auto file = openStoredFile(root_, "/a.png", FileUse::change);
        ASSERT_TRUE(file);
        EXPECT_FALSE(replaceMark(*file, isPrivate));
        EXPECT_EQ(markOf("/a.png"), isPrivate ? Mark::privateImage : Mark::publicImage);
        EXPECT_EQ(bytesOf("/a.png"), "abc");
    }
}

TEST_F(FolderStore, AMovedFileHasItsBytesAndOneName) {
    const std::string large(3 << 20, 'x');
    ASSERT_FALSE(store("/a/b.png", large, false));
    {
        const auto file = openStoredFile(root_, "/a/b.png", FileUse::change);
        ASSERT_TRUE(file);
        EXPECT_FALSE(moveStoredFile(*file, root_, "/c/d.png", {true, R"({"b":2})"}, {0640, 0750}));
    }
    EXPECT_FALSE(fs::exists(root_ + "/a/b.png"));
    EXPECT_EQ(bytesOf("/c/d.png"), large);
    const auto moved = openStoredFile(root_, "/c/d.png", FileUse::read);
    ASSERT_TRUE(moved);
    EXPECT_EQ(moved->mark, Mark::privateImage);
    EXPECT_EQ(moved->details, R"({"b":2})");
}

TEST_F(FolderStore, AFileThatCannotBeMovedIsNotThereTwice) {
    ASSERT_FALSE(store("/a.png", "abc", false));
    ASSERT_FALSE(store("/taken.png", "def", true));
    const auto file = openStoredFile(root_, "/a.png", FileUse::change);
    ASSERT_TRUE(file);
    const auto move = [&](const std::string& path) {
        return moveStoredFile(*file, root_, path, {true, "{}"}, {0640, 0750});
    };
    EXPECT_EQ(move("/taken.png")->problem, StoreProblem::exists);
    EXPECT_EQ(bytesOf("/taken.png"), "def");
    EXPECT_EQ(move("/taken.png/x")->problem, StoreProblem::badName);
    EXPECT_EQ(bytesOf("/a.png"), "abc");
    EXPECT_EQ(markOf("/a.png"), Mark::publicImage);
    fs::remove(root_ + "/a.png");  // its old name cannot be removed
    EXPECT_TRUE(move("/b.png"));
    EXPECT_FALSE(fs::exists(root_ + "/b.png"));
}

TEST_F(FolderStore, AnUnpublishedFileLeavesNothing) {
    { const auto file = makeUnnamedFile(root_); }
    EXPECT_EQ(entries(), 0u);
    EXPECT_EQ(whyNoStore(root_), "");
    EXPECT_EQ(entries(), 0u);
    EXPECT_NE(whyNoStore(root_ + "/missing"), "");
}

TEST_F(FolderStore, MarksOfOperatorsAreFlags) {
    EXPECT_FALSE(store("/a.png", "one", false));
    const std::string path = root_ + "/a.png";
    const struct {
        std::string value;
        Mark mark;
    } rows[] = {{"true", Mark::privateImage},
                {"1", Mark::privateImage},
                {"anything", Mark::privateImage},
                {"false", Mark::publicImage},
                {"No", Mark::publicImage},
                {"", Mark::publicImage},
                {std::string(65, 'x'), Mark::privateImage}};
    for (const auto& row : rows) {
        ASSERT_EQ(setxattr(path.c_str(), markAttribute, row.value.data(), row.value.size(), 0), 0);
        EXPECT_EQ(markOf("/a.png"), row.mark) << row.value;
    }
    ASSERT_EQ(removexattr(path.c_str(), markAttribute), 0);
    EXPECT_EQ(markOf("/a.png"), Mark::unknown);
    EXPECT_EQ(readFileMark(-1), Mark::privateImage);
}

}  // namespace
}  // namespace private_image
