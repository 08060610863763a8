// The layout of a record: version, checksum, then the fields. One list of fields serves writing and
// reading. Numbers have this machine's byte order: a cache is not moved to another kind of machine,
// and would be rejected there.
#include "image_state/entry_record.hpp"

#include <concepts>
#include <cstring>
#include <type_traits>

#include "image_state/checksum.hpp"

namespace private_image {
namespace {

// The last digit is incremented with every change of the layout or of a field's meaning.
constexpr std::uint64_t formatVersion = 0x70696d6772656303;

constexpr std::size_t headLength = sizeof(formatVersion) + sizeof(std::uint64_t);

// Times and counts of seconds are closer to zero, so that sums of them cannot overflow.
constexpr std::int64_t maxTime = std::int64_t{1} << 52;

using Count = std::uint8_t;
using TextLength = std::uint16_t;

template <typename T>
concept Enumeration = std::is_enum_v<T>;

constexpr Mark lastOf(Mark) {
    return Mark::privateImage;
}
constexpr Format lastOf(Format) {
    return Format::jxl;
}
constexpr SourceType lastOf(SourceType) {
    return SourceType::jxl;
}

std::span<const unsigned char> bytesOf(std::string_view text) {
    return {reinterpret_cast<const unsigned char*>(text.data()), text.size()};
}

// ------------------------------------------------------------------ fields, in their order

void passFields(auto& archive, auto& record) {
    archive.pass(record.encoder, record.requestedAt);
    archive.passList(record.sources, [](auto& items, auto& source) {
        items.pass(source.image, source.path, source.etag, source.lastModified);
        auto& state = source.originState;
        items.pass(state.mark, state.isReachableAroundGate, state.policyDigest, state.revision.etag,
                   state.revision.lastModified, state.observedAt, state.freshUntil,
                   state.staleIfError, state.staleWhileRevalidate);
    });
    archive.pass(record.format, record.size.width, record.size.height, record.outputBytes,
                 record.sourceType, record.sourceSize.width, record.sourceSize.height,
                 record.sourceBytes, record.entityTag, record.lastModified, record.cacheControl,
                 record.expires, record.accelExpires, record.hasOwnLifetime, record.age);
    archive.passList(record.headers,
                     [](auto& items, auto& header) { items.pass(header.first, header.second); });
}

// ------------------------------------------------------------------ values to bytes

class Writer {
public:
    explicit Writer(std::string& out) : out_(out) {}

    bool fits() const { return fits_; }

    void pass(const auto&... values) { (one(values), ...); }

    void passList(const auto& list, auto passItem) {
        fits_ = fits_ && list.size() <= maxListEntries;
        one(static_cast<Count>(list.size()));
        for (const auto& item : list) {
            passItem(*this, item);
        }
    }

private:
    void put(const void* bytes, std::size_t size) {
        fits_ = fits_ && size <= maxRecordSize - out_.size();
        if (fits_) {
            out_.append(static_cast<const char*>(bytes), size);
        }
    }

    void one(const std::integral auto& number) { put(&number, sizeof(number)); }
    void one(const Enumeration auto& value) { put(&value, sizeof(value)); }
    void one(const ImageKey& key) { put(key.data(), key.size()); }

    // A length beyond 16 bits is beyond maxRecordSize too.
    void one(std::string_view text) {
        one(static_cast<TextLength>(text.size()));
        put(text.data(), text.size());
    }

    void one(const std::optional<std::int64_t>& number) {
        one(static_cast<Count>(number.has_value()));
        if (number) {
            one(*number);
        }
    }

    std::string& out_;
    bool fits_ = true;
};

// ------------------------------------------------------------------ bytes to values

// After the first error, everything that is read is zero or empty.
class Reader {
public:
    explicit Reader(std::span<const unsigned char> bytes) : left_(bytes) {}

    // True if there was no error, and no bytes remain.
    bool isComplete() const { return isValid_ && left_.empty(); }

    void pass(auto&... values) { (one(values), ...); }

    void passList(auto& list, auto passItem) {
        Count count = 0;
        one(count);
        isValid_ = isValid_ && count <= maxListEntries;
        list.resize(isValid_ ? count : 0);
        for (auto& item : list) {
            passItem(*this, item);
        }
    }

private:
    const unsigned char* take(std::size_t size) {
        isValid_ = isValid_ && size <= left_.size();
        if (!isValid_) {
            return nullptr;
        }
        const unsigned char* bytes = left_.data();
        left_ = left_.subspan(size);
        return bytes;
    }

    void copy(void* to, std::size_t size) {
        if (const unsigned char* bytes = take(size)) {
            std::memcpy(to, bytes, size);
        }
    }

    void one(std::unsigned_integral auto& number) { copy(&number, sizeof(number)); }

    void one(bool& value) {
        Count read = 0;
        one(read);
        isValid_ = isValid_ && read <= 1;
        value = isValid_ && read == 1;
    }

    void one(ImageKey& key) { copy(key.data(), key.size()); }

    void one(std::int64_t& number) {
        std::int64_t read = 0;
        copy(&read, sizeof(read));
        isValid_ = isValid_ && read >= -maxTime && read <= maxTime;
        number = isValid_ ? read : 0;
    }

    template <Enumeration T>
    void one(T& value) {
        std::underlying_type_t<T> read = 0;
        copy(&read, sizeof(read));
        isValid_ = isValid_ && read <= static_cast<std::underlying_type_t<T>>(lastOf(T{}));
        value = isValid_ ? static_cast<T>(read) : T{};
    }

    void one(std::string_view& text) {
        TextLength length = 0;
        one(length);
        const unsigned char* bytes = take(length);
        text = {reinterpret_cast<const char*>(bytes), bytes != nullptr ? length : 0U};
    }

    void one(std::optional<std::int64_t>& number) {
        Count isThere = 0;
        one(isThere);
        isValid_ = isValid_ && isThere <= 1;
        if (isThere == 1) {
            one(number.emplace());
        }
    }

    std::span<const unsigned char> left_;
    bool isValid_ = true;
};

std::uint64_t numberAt(std::span<const unsigned char> bytes, std::size_t offset) {
    std::uint64_t number;
    std::memcpy(&number, bytes.data() + offset, sizeof(number));
    return number;
}

}  // namespace

std::string writeRecord(const EntryRecord& record) {
    std::string bytes(headLength, '\0');
    Writer writer(bytes);
    passFields(writer, record);
    if (!writer.fits() || record.sources.empty()) {
        return {};
    }
    const std::uint64_t sum = checksum(bytesOf(bytes).subspan(headLength));
    std::memcpy(bytes.data(), &formatVersion, sizeof(formatVersion));
    std::memcpy(bytes.data() + sizeof(formatVersion), &sum, sizeof(sum));
    return bytes;
}

std::optional<EntryRecord> readRecord(std::span<const unsigned char> bytes) {
    if (bytes.size() < headLength || bytes.size() > maxRecordSize ||
        numberAt(bytes, 0) != formatVersion) {
        return std::nullopt;
    }
    const auto fields = bytes.subspan(headLength);
    if (checksum(fields) != numberAt(bytes, sizeof(formatVersion))) {
        return std::nullopt;
    }
    std::optional<EntryRecord> record(std::in_place);
    Reader reader(fields);
    passFields(reader, *record);
    return reader.isComplete() && !record->sources.empty() ? std::move(record) : std::nullopt;
}

}  // namespace private_image
