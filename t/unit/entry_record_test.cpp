// Records: what is written is read, and anything else is refused without harm.
#include "image_state/entry_record.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "image_state/checksum.hpp"

namespace private_image {
namespace {

std::optional<EntryRecord> read(std::string_view bytes) {
    return readRecord({reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()});
}

EntrySource fullSource(unsigned char number) {
    EntrySource source;
    source.image.fill(number);
    source.path = "/a/b c.jpg";
    source.etag = "W/\"x\"";
    source.lastModified = "Wed, 21 Oct 2015 07:28:00 GMT";
    source.originState = {
        Mark::privateImage, true, 0x9abcdef0,   {number + 1ULL, 1'445'412'480}, 1'700'000'000'000,
        1'700'000'060'000,  10,   4'294'967'295};
    return source;
}

EntryRecord fullRecord() {
    EntryRecord record;
    record.encoder = 0xfedcba9876543210;
    record.requestedAt = 1'700'000'000'001;
    record.sources = {fullSource(1), fullSource(2)};
    record.format = Format::avif;
    record.size = {800, 600};
    record.outputBytes = 5'000'000'000;
    record.sourceType = SourceType::tiff;
    record.sourceSize = {65535, 1};
    record.sourceBytes = 40'000'000;
    record.entityTag = "\"0123456789abcdef\"";
    record.lastModified = 1'445'412'480;
    record.cacheControl = "public, max-age=60";
    record.expires = -5;
    record.accelExpires = 7;
    record.hasOwnLifetime = true;
    record.headers = {{"Access-Control-Allow-Origin", "*"}, {"Timing-Allow-Origin", ""}};
    return record;
}

EntryRecord smallRecord() {
    EntryRecord record;
    record.sources.resize(1);
    return record;
}

void expectSame(const EntrySource& read, const EntrySource& written) {
    EXPECT_EQ(read.image, written.image);
    EXPECT_EQ(read.path, written.path);
    EXPECT_EQ(read.etag, written.etag);
    EXPECT_EQ(read.lastModified, written.lastModified);
    EXPECT_EQ(read.originState.mark, written.originState.mark);
    EXPECT_EQ(read.originState.revision, written.originState.revision);
    EXPECT_EQ(read.originState.observedAt, written.originState.observedAt);
    EXPECT_EQ(read.originState.freshUntil, written.originState.freshUntil);
    EXPECT_EQ(read.originState.staleIfError, written.originState.staleIfError);
    EXPECT_EQ(read.originState.staleWhileRevalidate, written.originState.staleWhileRevalidate);
}

void expectSame(const EntryRecord& read, const EntryRecord& written) {
    EXPECT_EQ(read.encoder, written.encoder);
    EXPECT_EQ(read.requestedAt, written.requestedAt);
    ASSERT_EQ(read.sources.size(), written.sources.size());
    for (std::size_t i = 0; i < read.sources.size(); ++i) {
        expectSame(read.sources[i], written.sources[i]);
    }
    EXPECT_EQ(read.format, written.format);
    EXPECT_EQ(read.size, written.size);
    EXPECT_EQ(read.outputBytes, written.outputBytes);
    EXPECT_EQ(read.sourceType, written.sourceType);
    EXPECT_EQ(read.sourceSize, written.sourceSize);
    EXPECT_EQ(read.sourceBytes, written.sourceBytes);
    EXPECT_EQ(read.entityTag, written.entityTag);
    EXPECT_EQ(read.lastModified, written.lastModified);
    EXPECT_EQ(read.cacheControl, written.cacheControl);
    EXPECT_EQ(read.expires, written.expires);
    EXPECT_EQ(read.accelExpires, written.accelExpires);
    EXPECT_EQ(read.hasOwnLifetime, written.hasOwnLifetime);
    EXPECT_EQ(read.headers, written.headers);
}

void expectRoundTrip(const EntryRecord& record) {
    const std::string bytes = writeRecord(record);
    ASSERT_FALSE(bytes.empty());
    ASSERT_LE(bytes.size(), maxRecordSize);
    const auto again = read(bytes);
    ASSERT_TRUE(again);
    expectSame(*again, record);
}

// ---- what is written is read ----

TEST(EntryRecord, IsReadAsItWasWritten) {
    expectRoundTrip(fullRecord());
    expectRoundTrip(smallRecord());
    EntryRecord record = smallRecord();
    record.expires = 0;
    expectRoundTrip(record);
}

TEST(EntryRecord, HoldsEveryFormatTypeAndMark) {
    EntryRecord record = smallRecord();
    for (int format = 0; format <= static_cast<int>(Format::jxl); ++format) {
        record.format = static_cast<Format>(format);
        expectRoundTrip(record);
    }
    for (int type = 0; type <= static_cast<int>(SourceType::jxl); ++type) {
        record.sourceType = static_cast<SourceType>(type);
        expectRoundTrip(record);
    }
    for (const Mark mark : {Mark::unknown, Mark::publicImage, Mark::privateImage}) {
        record.sources[0].originState.mark = mark;
        expectRoundTrip(record);
    }
}

TEST(EntryRecord, HoldsAnyBytesInItsTexts) {
    std::string everyByte(256, '\0');
    for (std::size_t i = 0; i < everyByte.size(); ++i) {
        everyByte[i] = static_cast<char>(i);
    }
    EntryRecord record = smallRecord();
    record.sources[0].path = record.entityTag = record.cacheControl = everyByte;
    record.headers = {{everyByte, everyByte}};
    expectRoundTrip(record);
}

TEST(EntryRecord, TextsAreViewsOfWhatWasRead) {
    const std::string bytes = writeRecord(fullRecord());
    const auto record = read(bytes);
    ASSERT_TRUE(record);
    for (const std::string_view text :
         {record->sources[1].path, record->entityTag, record->headers[0].second}) {
        EXPECT_GE(text.data(), bytes.data());
        EXPECT_LE(text.data() + text.size(), bytes.data() + bytes.size());
    }
}

TEST(EntryRecord, SaysTheSameInTheSameBytes) {
    EXPECT_EQ(writeRecord(fullRecord()), writeRecord(fullRecord()));
}

// ---- limits ----

TEST(EntryRecord, OfNoSourceIsNone) {
    EXPECT_EQ(writeRecord(EntryRecord{}), "");
}

TEST(EntryRecord, ListsAreBounded) {
    EntryRecord record = smallRecord();
    record.sources.resize(maxListEntries);
    record.headers.resize(maxListEntries);
    expectRoundTrip(record);
    for (const std::size_t count : {maxListEntries + 1, std::size_t{256}, std::size_t{257}}) {
        record.sources.resize(count);
        record.headers.clear();
        EXPECT_EQ(writeRecord(record), "") << count;
        record.sources.resize(1);
        record.headers.resize(count);
        EXPECT_EQ(writeRecord(record), "") << count;
    }
}

TEST(EntryRecord, LengthIsBounded) {
    EntryRecord record = smallRecord();
    const std::size_t room = maxRecordSize - writeRecord(record).size();
    const std::string text(100'000, 'x');
    record.cacheControl = std::string_view(text).substr(0, room);
    expectRoundTrip(record);
    EXPECT_EQ(writeRecord(record).size(), maxRecordSize);
    for (const std::size_t length :
         {room + 1, std::size_t{65'535}, std::size_t{65'536}, std::size_t{65'537}, text.size()}) {
        record.cacheControl = std::string_view(text).substr(0, length);
        EXPECT_EQ(writeRecord(record), "") << length;
    }
}

// ---- hostile bytes ----

// On the heap and of this very size, so that a sanitizer sees a byte read too much.
std::optional<EntryRecord> readExactly(std::string_view bytes) {
    std::vector<char> copy(bytes.begin(), bytes.end());
    copy.shrink_to_fit();
    const bool isRead = read({copy.data(), copy.size()}).has_value();
    return isRead ? std::optional(EntryRecord{}) : std::nullopt;
}

TEST(EntryRecord, CutAnywhereIsRefused) {
    const std::string bytes = writeRecord(fullRecord());
    for (std::size_t length = 0; length < bytes.size(); ++length) {
        EXPECT_FALSE(readExactly(std::string_view(bytes).substr(0, length))) << length;
    }
    EXPECT_TRUE(readExactly(bytes));
}

TEST(EntryRecord, WithMoreBehindItIsRefused) {
    const std::string bytes = writeRecord(fullRecord());
    for (const std::size_t more : {1, 7, 8, 9, 10'000}) {
        EXPECT_FALSE(readExactly(bytes + std::string(more, '\0'))) << more;
    }
}

TEST(EntryRecord, WithAnyByteChangedIsRefused) {
    const std::string bytes = writeRecord(fullRecord());
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        for (int flip = 1; flip < 256; ++flip) {
            std::string changed = bytes;
            changed[i] = static_cast<char>(changed[i] ^ flip);
            ASSERT_FALSE(read(changed)) << i << ' ' << flip;
        }
    }
}

TEST(EntryRecord, WithBytesExchangedIsRefused) {
    const std::string bytes = writeRecord(fullRecord());
    for (std::size_t i = 0; i + 16 <= bytes.size(); ++i) {
        std::string changed = bytes;
        std::swap_ranges(changed.begin() + i, changed.begin() + i + 8, changed.begin() + i + 8);
        EXPECT_EQ(readExactly(changed).has_value(), changed == bytes) << i;
    }
}

// As an attacker would who can compute the checksum.
std::string resealed(std::string bytes) {
    const std::span<const unsigned char> fields(
        reinterpret_cast<const unsigned char*>(bytes.data()) + 16, bytes.size() - 16);
    const std::uint64_t sum = checksum(fields);
    std::memcpy(bytes.data() + 8, &sum, sizeof(sum));
    return bytes;
}

TEST(EntryRecord, DoesNoHarmEvenUnderARightChecksum) {
    const std::string bytes = writeRecord(fullRecord());
    const Milliseconds now = 1'700'000'000'000;
    std::mt19937 random(1);
    for (int round = 0; round < 50'000; ++round) {
        std::string changed = bytes.substr(0, 16 + random() % (bytes.size() - 15));
        for (std::size_t i = random() % 4; i > 0 && changed.size() > 16; --i) {
            changed[16 + random() % (changed.size() - 16)] = static_cast<char>(random());
        }
        changed = resealed(changed);
        const std::vector<unsigned char> exact(changed.begin(), changed.end());
        const auto record = readRecord(exact);
        if (!record) {
            continue;
        }
        EXPECT_GE(record->sources.size(), 1U);
        EXPECT_LE(record->sources.size(), maxListEntries);
        EXPECT_LE(record->format, Format::jxl);
        EXPECT_LE(record->sourceType, SourceType::jxl);
        EXPECT_FALSE(writeRecord(*record).empty());  // touches every byte of every text
        for (const EntrySource& source : record->sources) {
            EXPECT_LE(source.originState.mark, Mark::privateImage);
            isMarkReliable(source.originState, now, 600'000);  // no sum may overflow
            isUsableOnError(source.originState, now, 3600);
        }
    }
}

TEST(EntryRecord, NoBytesAtAllOrNoiseAreRefused) {
    EXPECT_FALSE(readRecord({}));
    std::mt19937 random(2);
    for (int round = 0; round < 10'000; ++round) {
        std::string noise(random() % 300, '\0');
        for (char& c : noise) {
            c = static_cast<char>(random());
        }
        EXPECT_FALSE(readExactly(noise));
    }
}

TEST(EntryRecord, OfAnotherVersionIsRefused) {
    std::string bytes = writeRecord(fullRecord());
    ++bytes[0];
    EXPECT_FALSE(read(resealed(bytes)));
}

// ---- checksum ----

TEST(Checksum, DistinguishesLengthsOfZeros) {
    const std::vector<unsigned char> zeros(64);
    std::vector<std::uint64_t> sums;
    for (std::size_t length = 0; length <= zeros.size(); ++length) {
        sums.push_back(checksum(std::span(zeros).first(length)));
    }
    std::sort(sums.begin(), sums.end());
    EXPECT_EQ(std::unique(sums.begin(), sums.end()), sums.end());
}

TEST(Checksum, NoticesTwoHighestBits) {
    std::vector<unsigned char> bytes(32);
    const std::uint64_t before = checksum(bytes);
    bytes[7] ^= 0x80;
    bytes[15] ^= 0x80;
    EXPECT_NE(checksum(bytes), before);
}

}  // namespace
}  // namespace private_image
