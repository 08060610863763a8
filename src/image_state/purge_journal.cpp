#include "image_state/purge_journal.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstddef>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

#include "image_state/checksum.hpp"

namespace private_image {
namespace {

// NGINX's cache loader ignores a file whose path has at least 43 characters if the eleventh from
// the end is a dot: it is taken for a file that is being written. The loader deletes other files.
constexpr std::string_view fileName = "ngx_http_private_image_module_purge_journal.0000000000";
static_assert(fileName.size() >= 43 && fileName[fileName.size() - 11] == '.');

// Its size divides that of sectors and pages, so that no boundary cuts through a slot.
struct Slot {
    std::uint64_t number = 0;
    ImageKey image{};
    Milliseconds at = 0;
    std::uint64_t checksum = 0;
    std::array<std::uint64_t, 3> unused{};
};
using SlotBytes = std::array<unsigned char, sizeof(Slot)>;
static_assert(sizeof(Slot) == 64);

std::uint64_t checksumOf(const Slot& slot) {
    const auto bytes = std::bit_cast<SlotBytes>(slot);
    return checksum(std::span(bytes).first(offsetof(Slot, checksum)));
}

class File {
public:
    File(const std::string& name, int flags)
        : descriptor_(open(name.c_str(), flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600)) {}
    ~File() {
        if (descriptor_ >= 0) {
            close(descriptor_);
        }
    }
    File(const File&) = delete;

    bool isOpen() const { return descriptor_ >= 0; }
    int descriptor() const { return descriptor_; }

private:
    int descriptor_;
};

std::string lastProblem() {
    return std::generic_category().message(errno);
}

// Reads up to the size of `bytes`. Returns the number of bytes, or -1 with errno.
ssize_t readAll(int descriptor, std::span<unsigned char> bytes) {
    std::size_t length = 0;
    while (length < bytes.size()) {
        const ssize_t read = pread(descriptor, bytes.data() + length, bytes.size() - length,
                                   static_cast<off_t>(length));
        if (read < 0) {
            return -1;
        }
        if (read == 0) {
            break;
        }
        length += static_cast<std::size_t>(read);
    }
    return static_cast<ssize_t>(length);
}

bool isNeverWritten(const SlotBytes& bytes) {
    return std::ranges::all_of(bytes, [](unsigned char byte) { return byte == 0; });
}

bool isWhole(const Slot& slot, std::size_t index) {
    return slot.checksum == checksumOf(slot) && slot.number % PurgeJournal::capacity == index;
}

PurgeHistory historyOf(const std::vector<SlotBytes>& ring, Milliseconds now) {
    PurgeHistory history;
    std::vector<Slot> slots;
    for (std::size_t i = 0; i < ring.size(); ++i) {
        if (isNeverWritten(ring[i])) {
            continue;
        }
        const auto slot = std::bit_cast<Slot>(ring[i]);
        if (isWhole(slot, i)) {
            slots.push_back(slot);
        } else {
            history.purgedBefore = now;
            history.problem = "it has damaged records";
        }
    }
    std::ranges::sort(slots, {}, &Slot::number);
    for (const Slot& slot : slots) {
        history.purges.push_back({slot.image, slot.at});
    }
    if (!slots.empty()) {
        history.next = slots.back().number + 1;
        // The ring has wrapped around: purges before the oldest remaining one are lost.
        if (slots.back().number >= PurgeJournal::capacity) {
            history.purgedBefore = std::max(history.purgedBefore, slots.front().at);
        }
    }
    return history;
}

}  // namespace

PurgeJournal::PurgeJournal(std::string folder) : file_(std::move(folder)) {
    file_ += '/';
    file_ += fileName;
}

PurgeHistory PurgeJournal::read(Milliseconds now) const {
    const File file(file_, O_RDONLY);
    if (!file.isOpen() && errno == ENOENT) {
        return {};
    }
    // A torn slot at the end is completed with zeros.
    std::vector<SlotBytes> ring(capacity);
    const std::span bytes(reinterpret_cast<unsigned char*>(ring.data()), capacity * sizeof(Slot));
    if (!file.isOpen() || readAll(file.descriptor(), bytes) < 0) {
        PurgeHistory unknown;
        unknown.purgedBefore = now;
        unknown.problem = lastProblem();
        return unknown;
    }
    return historyOf(ring, now);
}

// Without fsync: written data survives a crash of NGINX, and the cache's own files are not
// synchronised either. fsync would block the event loop, and only save the last seconds before a
// power failure.
std::string PurgeJournal::write(std::uint64_t number, const Purge& purge) const {
    const File file(file_, O_WRONLY | O_CREAT);
    if (!file.isOpen()) {
        return lastProblem();
    }
    Slot slot{number, purge.image, purge.at};
    slot.checksum = checksumOf(slot);
    const auto offset = static_cast<off_t>(number % capacity * sizeof(slot));
    const ssize_t written = pwrite(file.descriptor(), &slot, sizeof(slot), offset);
    if (written < 0) {
        return lastProblem();
    }
    return written == sizeof(slot) ? std::string() : "it was written only in part";
}

}  // namespace private_image
