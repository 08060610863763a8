// Purge journals. The first byte is the number of purges, two bytes each are their images; the rest
// overwrites the beginning of the file. Damage must invalidate all derivatives, so that none that
// was purged is sent again.
#include <stdlib.h>
#include <unistd.h>

#include <fstream>
#include <map>

#include "fuzzing.hpp"
#include "image_state/purge_journal.hpp"

namespace private_image::fuzzing {
namespace {

constexpr Milliseconds start = 1'767'225'600'000;
constexpr std::size_t slotLength = 64;

// In memory if the system has such a folder; removed when the process ends.
class Folder {
public:
    Folder() { require(mkdtemp(name_.data()) != nullptr, "a folder for the journal"); }
    ~Folder() { rmdir(name_.c_str()); }
    Folder(const Folder&) = delete;
    const std::string& name() const { return name_; }

private:
    std::string name_ = access("/dev/shm", W_OK) == 0 ? "/dev/shm/purge_journal_fuzz.XXXXXX"
                                                      : "/tmp/purge_journal_fuzz.XXXXXX";
};

std::map<std::uint64_t, Purge> writeSome(const PurgeJournal& journal, std::string_view& rest) {
    std::map<std::uint64_t, Purge> written;
    std::size_t count = rest.empty() ? 0 : static_cast<unsigned char>(rest[0]) % 32;
    rest.remove_prefix(std::min<std::size_t>(rest.size(), 1));
    for (; count > 0 && rest.size() >= 2; --count, rest.remove_prefix(2)) {
        const std::uint64_t number =
            static_cast<unsigned char>(rest[0]) * 512u + static_cast<unsigned char>(rest[1]);
        Purge purge;
        purge.image.fill(static_cast<unsigned char>(number));
        purge.at = start + static_cast<Milliseconds>(number);
        require(journal.write(number, purge).empty(), "a purge is written");
        std::erase_if(written, [number](const auto& other) {
            return other.first % PurgeJournal::capacity == number % PurgeJournal::capacity;
        });
        written[number] = purge;
    }
    return written;
}

// Overwrites the beginning of the file.
void damage(const PurgeJournal& journal, std::string_view bytes) {
    std::fstream file(journal.file(), std::ios::in | std::ios::out | std::ios::binary);
    if (!file.is_open()) {
        file.open(journal.file(), std::ios::out | std::ios::binary);
    }
    file << bytes;
}

bool isKnown(const PurgeHistory& history, const Purge& purge) {
    return history.purgedBefore >= purge.at ||
           std::ranges::any_of(history.purges, [&purge](const Purge& known) {
               return known.image == purge.image && known.at == purge.at;
           });
}

void requireHistory(const PurgeHistory& history, const std::map<std::uint64_t, Purge>& written,
                    std::string_view laid) {
    require(history.purges.size() <= PurgeJournal::capacity, "purges are counted");
    for (const auto& [number, purge] : written) {
        const std::size_t at = number % PurgeJournal::capacity * slotLength;
        const std::string_view over = at < laid.size() ? laid.substr(at, slotLength) : "";
        // Zeros are slots that were never written.
        const bool isWiped = !over.empty() && over.find_first_not_of('\0') == over.npos;
        require(isWiped || isKnown(history, purge), "a purge is known, or everything is void");
        require(!laid.empty() || history.next > number, "a number is given once");
    }
}

}  // namespace
}  // namespace private_image::fuzzing

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace private_image;
    using namespace private_image::fuzzing;
    static const Folder folder;
    const PurgeJournal journal(folder.name());
    std::string_view rest = textOf(data, size);
    const auto written = writeSome(journal, rest);
    if (!rest.empty()) {
        damage(journal, rest);
    }
    const Milliseconds now = start + 1'000'000;
    const PurgeHistory history = journal.read(now);
    unlink(journal.file().c_str());
    requireHistory(history, written, rest);
    require(history.problem.empty() || history.purgedBefore >= now, "damage voids everything");
    return 0;
}
