// A valid file of a kind that no decoder supports is unsupported; a damaged file is damaged.
#include "render/unreadable_kind.hpp"

#include "pictures.hpp"

namespace private_image {
namespace {

using namespace pictures;
using namespace std::string_literals;

class UnreadableKind : public pictures::Test {};

RenderProblem problemOf(const std::string& file, std::optional<Pages> pages = {}) {
    Transform transform = toPng({});
    transform.pages = pages;
    const RenderOutcome outcome = renderOf(file, transform);
    EXPECT_FALSE(outcome.rendered);
    return outcome.problem;
}

// Newer libraries may support more, so a rendered file is accepted as well as an unsupported one.
bool isShownOrUnsupported(const std::string& file) {
    const RenderOutcome outcome = renderOf(file, toPng({}));
    return outcome.rendered || outcome.problem == RenderProblem::unsupportedType;
}

bool isShown(const std::string& file) {
    return renderOf(file, toPng({})).rendered.has_value();
}

std::string number(std::uint64_t value, int bytes, bool isLittle) {
    std::string text;
    for (int i = 0; i < bytes; ++i) {
        text += static_cast<char>(value >> 8 * (isLittle ? i : bytes - 1 - i));
    }
    return text;
}

// One page of 16x16 without compression; its fields may claim otherwise.
struct Tiff {
    int bits = 8, samples = 1, compression = 1, photometric = 1, format = 0;
    bool isLittle = true, isBig = false;
    int pages = 1;
    bool isFirstPlain = false;

    std::string entry(int tag, int type, std::uint64_t value) const {
        const int size = isBig ? 8 : 4;
        std::string text = number(std::uint64_t(tag), 2, isLittle) +
                           number(std::uint64_t(type), 2, isLittle) + number(1, size, isLittle) +
                           number(value, type == 3 ? 2 : 4, isLittle);
        text.resize(std::size_t(4 + 2 * size));
        return text;
    }
    std::string text() const {
        const int size = isBig ? 8 : 4;
        const std::size_t header = isBig ? 16 : 8;
        const std::size_t length = std::size_t(16 * 16 * 8 * samples);
        std::string all = (isLittle ? "II" : "MM") + number(isBig ? 43 : 42, 2, isLittle) +
                          (isBig ? number(8, 2, isLittle) + number(0, 2, isLittle) : "") +
                          number(header + length, size, isLittle) + std::string(length, '\x55');
        for (int page = 0; page < pages; ++page) {
            const Tiff& how = page == 0 && isFirstPlain ? Tiff{} : *this;
            std::vector<std::string> entries{entry(256, 3, 16),
                                             entry(257, 3, 16),
                                             entry(258, 3, std::uint64_t(how.bits)),
                                             entry(259, 3, std::uint64_t(how.compression)),
                                             entry(262, 3, std::uint64_t(how.photometric)),
                                             entry(273, 4, header),
                                             entry(277, 3, std::uint64_t(how.samples)),
                                             entry(278, 3, 16),
                                             entry(279, 4, length)};
            if (how.format != 0) {
                entries.push_back(entry(339, 3, std::uint64_t(how.format)));
            }
            const std::size_t end = all.size() + std::size_t(isBig ? 8 : 2) +
                                    entries.size() * entries[0].size() + std::size_t(size);
            all += number(entries.size(), isBig ? 8 : 2, isLittle);
            for (const std::string& each : entries) {
                all += each;
            }
            all += number(page + 1 < pages ? end : 0, size, isLittle);
        }
        return all;
    }
};

TEST_F(UnreadableKind, SupportedKindsOfTiffAreRendered) {
    for (bool isLittle : {true, false}) {
        for (bool isBig : {true, false}) {
            Tiff tiff;
            tiff.isLittle = isLittle;
            tiff.isBig = isBig;
            EXPECT_TRUE(isShown(tiff.text())) << isLittle << isBig;
        }
    }
    for (int bits : {1, 2, 4, 8, 16}) {
        Tiff tiff;
        tiff.bits = bits;
        EXPECT_TRUE(isShown(tiff.text())) << bits;
        EXPECT_EQ(unreadableKind(SourceType::tiff, view(tiff.text()), 0), "") << bits;
    }
}

TEST_F(UnreadableKind, OtherSamplesOfATiffAreUnsupported) {
    for (bool isLittle : {true, false}) {
        for (bool isBig : {true, false}) {
            for (int bits : {6, 10, 12, 14, 24}) {
                Tiff tiff;
                tiff.bits = bits;
                tiff.isLittle = isLittle;
                tiff.isBig = isBig;
                EXPECT_EQ(problemOf(tiff.text()), RenderProblem::unsupportedType) << bits;
            }
        }
    }
    Tiff half;
    half.bits = 16;
    half.format = 3;
    EXPECT_TRUE(isShownOrUnsupported(half.text()));
}

TEST_F(UnreadableKind, OtherCompressionsAndColoursOfATiffAreUnsupported) {
    for (int compression : {9, 10, 34712, 34887, 34892, 50002, 52546, 65000}) {
        Tiff tiff;
        tiff.compression = compression;
        EXPECT_EQ(problemOf(tiff.text()), RenderProblem::unsupportedType) << compression;
    }
    Tiff logarithms;
    logarithms.photometric = 32845;
    EXPECT_EQ(problemOf(logarithms.text()), RenderProblem::unsupportedType);
}

TEST_F(UnreadableKind, TheRequestedPageOfATiffDecides) {
    Tiff tiff;
    tiff.bits = 12;
    tiff.pages = 2;
    tiff.isFirstPlain = true;
    EXPECT_TRUE(isShown(tiff.text()));
    EXPECT_EQ(problemOf(tiff.text(), Pages{1, 1}), RenderProblem::unsupportedType);
}

TEST_F(UnreadableKind, ADamagedTiffIsReportedAsDamaged) {
    const std::string whole = Tiff{}.text();
    const std::string directory = whole.substr(0, whole.size() - 40);
    EXPECT_EQ(problemOf(directory), RenderProblem::damaged);
    Tiff packed;
    packed.compression = 8;  // what follows is not deflated
    EXPECT_EQ(problemOf(packed.text()), RenderProblem::damaged);
    std::string text = Tiff{.bits = 12}.text();
    for (std::size_t at = 0; at < text.size(); at += at < text.size() - 140 ? 97 : 1) {
        unreadableKind(SourceType::tiff, view(text.substr(0, at)), 3);
        for (char change : {'\x01', '\x80', '\xFF'}) {
            text[at] = static_cast<char>(text[at] ^ change);
            unreadableKind(SourceType::tiff, view(text), 3);
            text[at] = static_cast<char>(text[at] ^ change);
        }
    }
}

std::string withFrame(std::string file, std::size_t at, int value) {
    const auto frame = file.find("\xFF\xC0"s);
    EXPECT_NE(frame, file.npos);
    file[frame + at] = static_cast<char>(value);
    return file;
}

TEST_F(UnreadableKind, OtherProcessesOfJpegAreUnsupported) {
    const std::string file = jpeg(paint(64, 48, 3, quadrants(64, 48)));
    for (int process : {0xC3, 0xC5, 0xC6, 0xC7, 0xCB, 0xCD, 0xCE, 0xCF}) {
        EXPECT_EQ(problemOf(withFrame(file, 1, process)), RenderProblem::unsupportedType)
            << process;
    }
    EXPECT_EQ(problemOf(withFrame(file, 4, 12)), RenderProblem::unsupportedType);
    EXPECT_EQ(problemOf("\xFF\xD8\xFF\xF7\0\x0B\x08\0\x10\0\x10\1\1\x11\0"s),
              RenderProblem::unsupportedType);
    EXPECT_EQ(problemOf(file.substr(0, 300)), RenderProblem::damaged);
    EXPECT_EQ(problemOf(withFrame(file, 1, 0xC4)), RenderProblem::damaged);
}

TEST_F(UnreadableKind, APngWithAnotherStandardsCriticalChunkIsUnsupported) {
    const std::string file = png(paint(64, 48, 3, quadrants(64, 48)));
    const std::string other = "\0\0\0\4CgBI\x50\0\x20\6\x2B\xD5\xB3\x7F"s;
    EXPECT_EQ(problemOf(file.substr(0, 8) + other + file.substr(8)),
              RenderProblem::unsupportedType);
    EXPECT_EQ(problemOf(file.substr(0, file.size() / 2)), RenderProblem::damaged);
    std::string damaged = file;
    damaged[file.find("IHDR") + 4] ^= 1;  // libspng reads the width before the checksum
    const RenderProblem problem = problemOf(damaged);
    EXPECT_TRUE(problem == RenderProblem::damaged || problem == RenderProblem::tooLarge);
}

TEST_F(UnreadableKind, ACodecThatDiffersFromTheBrandIsUnsupported) {
    const Image image = paint(64, 48, 3, quadrants(64, 48));
    std::string file = heic(image);
    for (auto at = file.find("heic"); at != file.npos && at < 64; at = file.find("heic", at)) {
        file.replace(at, 4, "avif");
    }
    EXPECT_TRUE(isShownOrUnsupported(file));
    EXPECT_EQ(problemOf("\0\0\0\x14"
                        "ftypavis\0\0\0\0avis\0\0\0\x0Cmoov1234"s),
              RenderProblem::unsupportedType);
}

}  // namespace
}  // namespace private_image
