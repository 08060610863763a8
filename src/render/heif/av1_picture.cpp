// Reads sizes and frames from an AV1 stream. Numbers in comments are sections of the "AV1 Bitstream
// & Decoding Process Specification".
#include "render/heif/bit_reader.hpp"
#include "render/heif/coded_picture.hpp"

namespace private_image {

namespace {

enum Unit : unsigned { sequenceHeader = 1, frameHeader = 3, frame = 6, redundantFrameHeader = 7 };

struct Sequence {
    Size size;
    Size max;                // the largest size that a frame may choose
    bool isReduced = false;  // a still picture: its frames cannot choose a size
    bool hasFrameTimes = false;
    unsigned frameTimeBits = 0;
    bool choosesScreenTools = false;
    bool usesScreenTools = false;
    bool choosesWholeMotion = false;
    unsigned frameNumberBits = 0;
};

struct DecoderModel {
    bool isPresent = false;
    unsigned delayBits = 0;
};

// 5.5.3 and 5.5.4.
DecoderModel readTiming(BitReader& bits, Sequence& sequence) {
    DecoderModel model;
    bits.read(64);
    const bool isEven = bits.readFlag();
    if (isEven) {
        bits.readGolomb();
    }
    model.isPresent = bits.readFlag();
    if (model.isPresent) {
        model.delayBits = unsigned(bits.read(5)) + 1;
        bits.read(32 + 5);
        sequence.frameTimeBits = unsigned(bits.read(5)) + 1;
        sequence.hasFrameTimes = !isEven;
    }
    return model;
}

void skipOperatingPoints(BitReader& bits, DecoderModel model) {
    const bool hasDelays = bits.readFlag();
    for (std::uint64_t left = bits.read(5) + 1; left > 0; --left) {
        bits.read(12);
        if (bits.read(5) > 7) {
            bits.readFlag();
        }
        if (model.isPresent && bits.readFlag()) {
            bits.read(model.delayBits);
            bits.read(model.delayBits + 1);
        }
        if (hasDelays && bits.readFlag()) {
            bits.read(4);
        }
    }
}

// 5.5.1, from frame_id_numbers_present_flag to seq_force_integer_mv.
void readTools(BitReader& bits, Sequence& sequence) {
    if (bits.readFlag()) {  // frames are numbered
        const auto differenceBits = unsigned(bits.read(4));
        sequence.frameNumberBits = differenceBits + unsigned(bits.read(3)) + 3;
    }
    bits.read(3 + 4);
    const bool isOrdered = bits.readFlag();
    if (isOrdered) {
        bits.read(2);
    }
    sequence.choosesScreenTools = bits.readFlag();
    sequence.usesScreenTools = sequence.choosesScreenTools || bits.readFlag();
    if (sequence.usesScreenTools) {
        sequence.choosesWholeMotion = bits.readFlag() || (bits.readFlag(), false);
    }
}

// 5.5.1.
std::optional<Sequence> readSequence(std::string_view content) {
    BitReader bits(content);
    Sequence sequence;
    bits.read(3 + 1);
    sequence.isReduced = bits.readFlag();
    if (sequence.isReduced) {
        bits.read(5);
    } else {
        const DecoderModel model = bits.readFlag() ? readTiming(bits, sequence) : DecoderModel();
        skipOperatingPoints(bits, model);
    }
    const auto widthBits = unsigned(bits.read(4)) + 1;
    const auto heightBits = unsigned(bits.read(4)) + 1;
    sequence.size.width = static_cast<std::uint32_t>(bits.read(widthBits)) + 1;
    sequence.size.height = static_cast<std::uint32_t>(bits.read(heightBits)) + 1;
    sequence.max = {1u << widthBits, 1u << heightBits};
    if (!sequence.isReduced) {
        readTools(bits, sequence);
    }
    return bits.hasFailed() ? std::nullopt : std::optional(sequence);
}

enum class FrameKind : std::uint8_t { unreadable, repeated, decoded, hasOwnSize };

// 5.9.2, up to frame_size_override_flag.
FrameKind readFrame(const Sequence& sequence, std::string_view content) {
    if (sequence.isReduced) {
        return FrameKind::decoded;
    }
    BitReader bits(content);
    if (bits.readFlag()) {
        return FrameKind::repeated;
    }
    const std::uint64_t kind = bits.read(2);
    const bool isKey = kind == 0, switches = kind == 3;
    const bool isShown = bits.readFlag();
    if (!isShown) {
        bits.readFlag();
    } else if (sequence.hasFrameTimes) {
        bits.read(sequence.frameTimeBits);
    }
    if (!switches && !(isKey && isShown)) {
        bits.readFlag();
    }
    bits.readFlag();
    const bool usesScreenTools =
        sequence.choosesScreenTools ? bits.readFlag() : sequence.usesScreenTools;
    if (usesScreenTools && sequence.choosesWholeMotion) {
        bits.readFlag();
    }
    bits.read(sequence.frameNumberBits);
    const bool choosesSize = switches || bits.readFlag();
    if (bits.hasFailed()) {
        return FrameKind::unreadable;
    }
    return choosesSize ? FrameKind::hasOwnSize : FrameKind::decoded;
}

// 4.10.5.
std::uint64_t readLength(BitReader& bits) {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 56; shift += 7) {
        const std::uint64_t byte = bits.read(8);
        value |= (byte & 0x7F) << shift;
        if (byte < 0x80) {
            break;
        }
    }
    return value;
}

class StreamReader {
public:
    bool add(unsigned unit, std::string_view content) {
        if (unit == sequenceHeader) {
            return addSequence(content);
        }
        if (unit != frameHeader && unit != frame && unit != redundantFrameHeader) {
            return true;
        }
        if (!sequence_) {
            return false;
        }
        const FrameKind kind = readFrame(*sequence_, content);
        frames_ += kind != FrameKind::repeated;
        isExact_ = isExact_ && kind != FrameKind::hasOwnSize;
        return kind != FrameKind::unreadable;
    }

    std::optional<CodedPicture> picture() const {
        if (!sequence_) {
            return std::nullopt;
        }
        const Size stored = isExact_ ? sequence_->size : sequence_->max;
        return CodedPicture{stored, sequence_->size, frames_, isExact_};
    }

private:
    bool addSequence(std::string_view content) {
        const std::optional<Sequence> read = readSequence(content);
        if (!read ||
            (sequence_ && (sequence_->size != read->size || sequence_->max != read->max))) {
            return false;
        }
        sequence_ = read;
        return true;
    }

    std::optional<Sequence> sequence_;
    std::size_t frames_ = 0;
    bool isExact_ = true;
};

}  // namespace

std::optional<CodedPicture> av1Picture(std::string_view stream) {
    StreamReader reader;
    for (int units = 0; !stream.empty(); ++units) {
        BitReader bits(stream);
        bits.read(1);
        const auto unit = unsigned(bits.read(4));
        const bool isExtended = bits.readFlag(), hasLength = bits.readFlag();
        bits.read(isExtended ? 1 + 8 : 1);
        const std::uint64_t length = hasLength ? readLength(bits) : bits.rest().size();
        const std::string_view content = bits.take(length);
        if (bits.hasFailed() || units == maxUnits || !reader.add(unit, content)) {
            return std::nullopt;
        }
        stream = bits.rest();
    }
    return reader.picture();
}

}  // namespace private_image
