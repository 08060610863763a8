// The purge journal: what was written is read after a restart, and doubt voids rather than revives.
#include "image_state/purge_journal.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace private_image {
namespace {

constexpr std::size_t slotSize = 64;
constexpr Milliseconds now = 1'700'000'000'000;

// The purge of an image whose key depends on `number`.
Purge purgeOf(std::uint64_t number, Milliseconds at) {
    Purge purge;
    for (std::size_t i = 0; i < sizeof(number); ++i) {
        purge.image[i] = static_cast<unsigned char>(number >> (8 * i));
    }
    purge.at = at;
    return purge;
}

class PurgeJournalTest : public testing::Test {
protected:
    PurgeJournalTest() {
        std::string pattern = testing::TempDir() + "journal.XXXXXX";
        folder_ = mkdtemp(pattern.data());
        journal_ = PurgeJournal(folder_);
    }
    ~PurgeJournalTest() override { std::filesystem::remove_all(folder_); }

    void writeUpTo(std::uint64_t count) {
        for (std::uint64_t i = 0; i < count; ++i) {
            ASSERT_EQ(journal_.write(i, purgeOf(i, now + static_cast<Milliseconds>(i))), "");
        }
    }

    void overwrite(std::size_t offset, std::string_view bytes) {
        std::fstream file(journal_.file(), std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(static_cast<std::streamoff>(offset));
        file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        ASSERT_TRUE(file.good());
    }

    std::string bytesAt(std::size_t offset, std::size_t length) {
        std::string bytes(length, '\0');
        std::ifstream file(journal_.file(), std::ios::binary);
        file.seekg(static_cast<std::streamoff>(offset));
        file.read(bytes.data(), static_cast<std::streamsize>(length));
        return bytes;
    }

    std::string folder_;
    PurgeJournal journal_{""};
};

// ---- what is written is read ----

TEST_F(PurgeJournalTest, AnAbsentFileIsAnEmptyHistory) {
    const PurgeHistory history = journal_.read(now);
    EXPECT_TRUE(history.purges.empty());
    EXPECT_EQ(history.purgedBefore, 0);
    EXPECT_EQ(history.next, 0U);
    EXPECT_EQ(history.problem, "");
    EXPECT_FALSE(std::filesystem::exists(journal_.file()));  // reading does not create it
}

TEST_F(PurgeJournalTest, PurgesAreReadOldestFirst) {
    writeUpTo(3);
    const PurgeHistory history = journal_.read(now + 1000);
    ASSERT_EQ(history.purges.size(), 3U);
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(history.purges[i].image, purgeOf(i, 0).image);
        EXPECT_EQ(history.purges[i].at, now + static_cast<Milliseconds>(i));
    }
    EXPECT_EQ(history.purgedBefore, 0);
    EXPECT_EQ(history.next, 3U);
    EXPECT_EQ(history.problem, "");
}

TEST_F(PurgeJournalTest, AWriteThatNeverHappenedIsNoDamage) {
    EXPECT_EQ(journal_.write(5, purgeOf(5, now)), "");
    EXPECT_EQ(journal_.write(2, purgeOf(2, now - 1)), "");
    const PurgeHistory history = journal_.read(now);
    ASSERT_EQ(history.purges.size(), 2U);
    EXPECT_EQ(history.purges[0].image, purgeOf(2, 0).image);
    EXPECT_EQ(history.purgedBefore, 0);
    EXPECT_EQ(history.next, 6U);
}

TEST_F(PurgeJournalTest, AFullRingHasForgottenNothing) {
    writeUpTo(PurgeJournal::capacity);
    const PurgeHistory history = journal_.read(now);
    EXPECT_EQ(history.purges.size(), PurgeJournal::capacity);
    EXPECT_EQ(history.purgedBefore, 0);
    EXPECT_EQ(history.next, PurgeJournal::capacity);
}

TEST_F(PurgeJournalTest, WhatTheRingForgotIsVoidAltogether) {
    const std::uint64_t count = PurgeJournal::capacity + 10;
    writeUpTo(count);
    EXPECT_EQ(std::filesystem::file_size(journal_.file()), PurgeJournal::capacity * slotSize);
    const PurgeHistory history = journal_.read(now);
    ASSERT_EQ(history.purges.size(), PurgeJournal::capacity);
    EXPECT_EQ(history.purges.front().image, purgeOf(10, 0).image);
    EXPECT_EQ(history.purges.back().image, purgeOf(count - 1, 0).image);
    EXPECT_EQ(history.purgedBefore, now + 10);
    EXPECT_EQ(history.next, count);
    EXPECT_EQ(history.problem, "");
}

TEST_F(PurgeJournalTest, AJournalThatBeginsLateHasForgottenToo) {
    const std::uint64_t number = 3 * PurgeJournal::capacity + 7;
    EXPECT_EQ(journal_.write(number, purgeOf(1, now)), "");
    const PurgeHistory history = journal_.read(now + 1);
    EXPECT_EQ(history.purges.size(), 1U);
    EXPECT_EQ(history.purgedBefore, now);
    EXPECT_EQ(history.next, number + 1);
}

// ---- damage ----

TEST_F(PurgeJournalTest, AnyChangedByteOfASlotVoidsEverything) {
    writeUpTo(3);
    const std::string slot = bytesAt(slotSize, slotSize);
    for (std::size_t i = 0; i < 40; ++i) {  // number, image, time, checksum
        const char changed = static_cast<char>(slot[i] ^ 0x10);
        overwrite(slotSize + i, {&changed, 1});
        const PurgeHistory history = journal_.read(now + 500);
        EXPECT_EQ(history.purges.size(), 2U) << i;
        EXPECT_EQ(history.purgedBefore, now + 500) << i;
        EXPECT_EQ(history.next, 3U) << i;
        EXPECT_NE(history.problem, "") << i;
        overwrite(slotSize + i, {&slot[i], 1});
    }
    EXPECT_EQ(journal_.read(now + 500).purgedBefore, 0);
}

TEST_F(PurgeJournalTest, ASlotInAnothersPlaceIsDamage) {
    writeUpTo(3);
    overwrite(slotSize, bytesAt(0, slotSize));
    EXPECT_EQ(journal_.read(now + 500).purgedBefore, now + 500);
}

TEST_F(PurgeJournalTest, ATornEndIsDamageUnlessItIsZero) {
    writeUpTo(3);
    for (std::size_t cut = 1; cut < slotSize; ++cut) {
        std::filesystem::resize_file(journal_.file(), 2 * slotSize + cut);
        const PurgeHistory history = journal_.read(now + 500);
        const bool isWhole = cut >= 40;  // what follows is unused
        EXPECT_EQ(history.purges.size(), isWhole ? 3U : 2U) << cut;
        const bool isDamaged = !isWhole && history.purgedBefore == now + 500;
        EXPECT_TRUE(isDamaged || isWhole) << cut;
        std::filesystem::resize_file(journal_.file(), 2 * slotSize);
        writeUpTo(3);
    }
    std::filesystem::resize_file(journal_.file(), 3 * slotSize + 5);
    EXPECT_EQ(journal_.read(now + 500).purgedBefore, 0);
}

TEST_F(PurgeJournalTest, ASlotThatIsOverwrittenIsSoundAgain) {
    writeUpTo(3);
    overwrite(slotSize, "damaged");
    EXPECT_NE(journal_.read(now).problem, "");
    writeUpTo(3);
    EXPECT_EQ(journal_.read(now).problem, "");
}

TEST_F(PurgeJournalTest, AForeignFileVoidsEverything) {
    std::ofstream(journal_.file()) << std::string(PurgeJournal::capacity * slotSize * 2, 'x');
    const PurgeHistory history = journal_.read(now);
    EXPECT_TRUE(history.purges.empty());
    EXPECT_EQ(history.purgedBefore, now);
    EXPECT_EQ(history.next, 0U);
}

// ---- files ----

TEST_F(PurgeJournalTest, TheFileIsLeftAloneByNginxsCacheLoader) {
    const std::string name = std::filesystem::path(journal_.file()).filename();
    EXPECT_EQ(journal_.file(), folder_ + '/' + name);
    EXPECT_GE(name.size(), 43U);
    EXPECT_EQ(name[name.size() - 11], '.');
    EXPECT_EQ(name.substr(name.size() - 10).find_first_not_of("0123456789"), std::string::npos);
}

TEST_F(PurgeJournalTest, OtherUsersMayNotReadIt) {
    writeUpTo(1);
    struct stat status {};
    ASSERT_EQ(stat(journal_.file().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST_F(PurgeJournalTest, WhatCannotBeReadVoidsEverything) {
    std::filesystem::create_directory(journal_.file());
    const PurgeHistory history = journal_.read(now);
    EXPECT_EQ(history.purgedBefore, now);
    EXPECT_EQ(history.problem, "Is a directory");
    EXPECT_EQ(journal_.write(0, purgeOf(0, now)), "Is a directory");
}

TEST_F(PurgeJournalTest, APipeInItsPlaceDoesNotBlock) {
    ASSERT_EQ(mkfifo(journal_.file().c_str(), 0600), 0);
    EXPECT_NE(journal_.read(now).problem, "");
    EXPECT_NE(journal_.write(0, purgeOf(0, now)), "");
}

TEST_F(PurgeJournalTest, ALinkIsNotFollowed) {
    const std::string target = folder_ + "/target";
    std::ofstream(target) << "text";
    std::filesystem::create_symlink(target, journal_.file());
    EXPECT_NE(journal_.write(0, purgeOf(0, now)), "");
    EXPECT_NE(journal_.read(now).problem, "");
    EXPECT_EQ(std::filesystem::file_size(target), 4U);
}

TEST_F(PurgeJournalTest, AMissingFolderIsReportedByTheWriter) {
    const PurgeJournal journal(folder_ + "/gone");
    EXPECT_EQ(journal.write(0, purgeOf(0, now)), "No such file or directory");
    EXPECT_EQ(journal.read(now).problem, "");
}

}  // namespace
}  // namespace private_image
