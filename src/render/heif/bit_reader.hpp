// Reads numbers, most significant bit first, from bytes that may end anywhere. Bits beyond the end
// read as zero and set hasFailed(), so callers check once, after the last read.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace private_image {

class BitReader {
public:
    explicit BitReader(std::string_view text) : text_(text) {}

    bool hasFailed() const { return hasFailed_; }

    // At most 64 bits.
    std::uint64_t read(unsigned bits) {
        std::uint64_t value = 0;
        for (; bits > 0; --bits) {
            value = value << 1 | nextBit();
        }
        return value;
    }

    bool readFlag() { return nextBit() != 0; }

    // An exponential Golomb code: HEVC (9.2) and, as "uvlc", AV1 (4.10.3).
    std::uint64_t readGolomb() {
        unsigned zeros = 0;
        while (!hasFailed_ && nextBit() == 0) {
            ++zeros;
        }
        hasFailed_ = hasFailed_ || zeros > 31;
        return hasFailed_ ? 0 : (std::uint64_t(1) << zeros) - 1 + read(zeros);
    }

    // Whole bytes; all reads before must have been whole bytes too.
    std::string_view take(std::uint64_t bytes) {
        const std::string_view left = rest();
        hasFailed_ = hasFailed_ || bytes > left.size();
        const std::string_view taken = hasFailed_ ? std::string_view() : left.substr(0, bytes);
        at_ += taken.size() * 8;
        return taken;
    }

    std::string_view rest() const { return text_.substr(std::min(at_ / 8, text_.size())); }

private:
    unsigned nextBit() {
        if (at_ / 8 >= text_.size()) {
            hasFailed_ = true;
            return 0;
        }
        const unsigned byte = static_cast<unsigned char>(text_[at_ / 8]);
        return byte >> (7 - at_++ % 8) & 1;
    }

    std::string_view text_;
    std::size_t at_ = 0;  // in bits
    bool hasFailed_ = false;
};

}  // namespace private_image
