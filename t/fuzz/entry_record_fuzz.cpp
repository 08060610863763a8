// Records at the beginning of cached derivatives: any bytes, and any fields after a valid header.
#include <cstring>

#include "fuzzing.hpp"
#include "image_state/checksum.hpp"
#include "image_state/entry_record.hpp"

namespace private_image::fuzzing {
namespace {

constexpr std::size_t headLength = 2 * sizeof(std::uint64_t);

// The current version, at the beginning of every record.
std::string version() {
    EntryRecord smallest;
    smallest.sources.emplace_back();
    return writeRecord(smallest).substr(0, sizeof(std::uint64_t));
}

std::string withHead(std::string_view fields) {
    const std::uint64_t sum = checksum(bytesOf(fields));
    std::string record = version();
    record.append(reinterpret_cast<const char*>(&sum), sizeof(sum));
    return record.append(fields);
}

void requireRecord(const std::string& bytes) {
    const auto record = readRecord(bytesOf(bytes));
    if (!record) {
        return;
    }
    require(record->sources.size() <= maxListEntries && record->headers.size() <= maxListEntries,
            "lists are counted");
    require(writeRecord(*record) == bytes, "what was read is written the same");
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        std::string changed = bytes;
        changed[i] = static_cast<char>(changed[i] ^ 0x10);
        require(!readRecord(bytesOf(changed)), "a changed byte is noticed");
    }
    require(!readRecord(bytesOf(bytes).first(bytes.size() - 1)), "a cut is noticed");
}

}  // namespace
}  // namespace private_image::fuzzing

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace private_image::fuzzing;
    const std::string bytes(textOf(data, size));
    requireRecord(bytes);
    requireRecord(withHead(bytes));
    if (size > headLength) {
        requireRecord(withHead(bytes.substr(headLength)));  // a whole record, changed
    }
    return 0;
}
