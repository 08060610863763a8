// Which metadata of a source each result keeps.
#include <algorithm>

#include "pictures.hpp"
#include "tiff_maker.hpp"

namespace private_image {
namespace {

using namespace pictures;

class MetadataSteps : public pictures::Test {};

std::string withSecrets(Format format = Format::jpeg) {
    Image image = paint(32, 32, 3, plain(grey));
    const auto set = [&](const char* field, const char* text) {
        vips_image_set_string(image.get(), field, text);
    };
    set("exif-ifd0-Copyright", "Ada Example (Ada Example, ASCII, 12 components, 12 bytes)");
    set("exif-ifd0-Artist", "Grace (Grace, ASCII, 6 components, 6 bytes)");
    set("exif-ifd0-Make", "SecretCamera (SecretCamera, ASCII, 13 components, 13 bytes)");
    set("exif-ifd3-GPSLatitude", "52/1 30/1 0/1 (52, 30, 0, Rational, 3 components, 24 bytes)");
    vips_image_set_int(image.get(), VIPS_META_ORIENTATION, 6);
    const std::string thumbnail = jpeg(paint(8, 8, 3, plain(red)));
    vips_image_set_blob_copy(image.get(), "jpeg-thumbnail-data", thumbnail.data(),
                             thumbnail.size());
    vips_image_set_blob_copy(image.get(), VIPS_META_XMP_NAME, "<x:xmpmeta/>", 12);
    constexpr std::string_view caption(
        "Photoshop 3.0\0"
        "8BIM\4\4\0\0\0\0\0\6"
        "\x1C\2\x78\0\1c",
        32);
    vips_image_set_blob_copy(image.get(), VIPS_META_IPTC_NAME, caption.data(), caption.size());
    return format == Format::jpeg ? jpeg(image) : webp(image);
}

Decoded withMetadata(Metadata metadata, Format format = Format::jpeg,
                     const std::string& source = withSecrets()) {
    Transform transform = as(format, {boxed(16, 16, Fit::inside)});
    transform.metadata = metadata;
    return decode(renderOf(source, transform));
}

TEST_F(MetadataSteps, TheSecretsAreThereToBeginWith) {
    const std::string bytes = withSecrets();
    const Decoded source = decode(view(bytes), SourceType::jpeg);
    for (const char* field : {"exif-ifd0-Copyright", "exif-ifd0-Make", "exif-ifd3-GPSLatitude",
                              "jpeg-thumbnail-data", VIPS_META_XMP_NAME, VIPS_META_IPTC_NAME}) {
        EXPECT_TRUE(source.has(field)) << field;
    }
}

TEST_F(MetadataSteps, NoMetadataMeansNone) {
    for (Format format : {Format::jpeg, Format::png, Format::webp, Format::avif}) {
        const Decoded result = withMetadata(Metadata::none, format);
        EXPECT_FALSE(result.has(VIPS_META_EXIF_NAME)) << int(format);
        EXPECT_FALSE(result.has(VIPS_META_XMP_NAME)) << int(format);
        EXPECT_FALSE(result.has(VIPS_META_IPTC_NAME)) << int(format);
        EXPECT_FALSE(result.has(VIPS_META_ICC_NAME)) << int(format);
    }
}

TEST_F(MetadataSteps, WebpHoldsNoMetadataChunkOfAnyKind) {
    for (const Transform& transform :
         {as(Format::webp), as(Format::webp, {boxed(9, 9, Fit::pad)})}) {
        for (const std::string& source : {withSecrets(), withSecrets(Format::webp), movingGif()}) {
            const RenderOutcome outcome = renderOf(source, transform);
            ASSERT_TRUE(outcome.rendered);
            const std::string bytes(reinterpret_cast<char*>(outcome.rendered->bytes.data.get()),
                                    outcome.rendered->bytes.size);
            EXPECT_EQ(bytes.find("EXIF"), std::string::npos);
            EXPECT_EQ(bytes.find("XMP "), std::string::npos);
            EXPECT_EQ(bytes.find("ICCP"), std::string::npos);
            EXPECT_TRUE(decode(outcome).image);
        }
    }
}

TEST_F(MetadataSteps, CopyrightKeepsTwoFieldsAndNothingElse) {
    const Decoded result = withMetadata(Metadata::copyright);
    const char* text = nullptr;
    ASSERT_EQ(vips_image_get_string(result.image.get(), "exif-ifd0-Copyright", &text), 0);
    EXPECT_EQ(std::string(text).rfind("Ada Example", 0), 0u) << text;
    EXPECT_TRUE(result.has("exif-ifd0-Artist"));
    for (const char* field : {"exif-ifd0-Make", "exif-ifd3-GPSLatitude", "jpeg-thumbnail-data",
                              VIPS_META_XMP_NAME, VIPS_META_IPTC_NAME, VIPS_META_ICC_NAME}) {
        EXPECT_FALSE(result.has(field)) << field;
    }
    EXPECT_EQ(vips_image_get_orientation(result.image.get()), 1);
}

TEST_F(MetadataSteps, CopyrightLeavesNoSecretInTheBytes) {
    Transform transform = as(Format::jpeg);
    transform.metadata = Metadata::copyright;
    const RenderOutcome outcome = renderOf(withSecrets(), transform);
    ASSERT_TRUE(outcome.rendered);
    const std::string bytes(reinterpret_cast<char*>(outcome.rendered->bytes.data.get()),
                            outcome.rendered->bytes.size);
    EXPECT_NE(bytes.find("Ada Example"), std::string::npos);
    EXPECT_EQ(bytes.find("SecretCamera"), std::string::npos);
    EXPECT_EQ(bytes.find("xmpmeta"), std::string::npos);
    // No second JPEG inside.
    EXPECT_EQ(bytes.find("\xFF\xD8\xFF", 3), std::string::npos);
}

TEST_F(MetadataSteps, KeepKeepsAllButTheThumbnailAndTheOrientation) {
    const Decoded result = withMetadata(Metadata::keep);
    for (const char* field : {"exif-ifd0-Copyright", "exif-ifd0-Make", "exif-ifd3-GPSLatitude",
                              VIPS_META_XMP_NAME, VIPS_META_IPTC_NAME}) {
        EXPECT_TRUE(result.has(field)) << field;
    }
    EXPECT_FALSE(result.has("jpeg-thumbnail-data"));
    EXPECT_EQ(vips_image_get_orientation(result.image.get()), 1);
}

std::string bytesOf(const RenderOutcome& outcome) {
    if (!outcome.rendered) {
        ADD_FAILURE() << outcome.detail;
        return {};
    }
    const EncodedBytes& bytes = outcome.rendered->bytes;
    return {reinterpret_cast<const char*>(bytes.data.get()), bytes.size};
}

std::string withSegment(std::string source, const std::string& content) {
    const auto length = content.size() + 2;
    return source.insert(2, std::string("\xFF\xE1") + char(length >> 8) + char(length) + content);
}

std::size_t count(std::string_view text, std::string_view word) {
    std::size_t found = 0;
    for (auto at = text.find(word); at != text.npos; at = text.find(word, at + 1)) {
        ++found;
    }
    return found;
}

// libexif would turn the one into "<invalid utf-8 string>" and end the other at its NUL.
TEST_F(MetadataSteps, TextsLeaveWithTheBytesOfTheSource) {
    for (const bool isBigEndian : {false, true}) {
        TiffMaker maker(isBigEndian);
        const std::string artist("\xA9 Jos\xE9\0", 7), copyright("Annemarie\0Edgar\0", 16);
        const std::string block = maker.file(
            maker.addDirectory({maker.text(0x013B, artist), maker.text(0x8298, copyright)}));
        const std::string source =
            withSegment(jpeg(paint(32, 32, 3, plain(red))), std::string("Exif\0\0", 6) + block);
        for (const Metadata wish : {Metadata::copyright, Metadata::keep}) {
            for (const bool isTagged : {false, true}) {
                Transform transform = as(Format::jpeg);
                transform.metadata = wish;
                if (isTagged) {
                    transform.encoding.density = 300;
                }
                const RenderOutcome outcome = renderOf(source, transform);
                const std::string bytes = bytesOf(outcome);
                EXPECT_EQ(count(bytes, std::string("Exif\0\0", 6)), 1u);
                EXPECT_EQ(count(bytes, artist), 1u);
                EXPECT_EQ(count(bytes, copyright), 1u);
                const double perInch = decode(outcome).image.get()->Xres * 25.4;
                EXPECT_TRUE(!isTagged || std::abs(perInch - 300) < 0.5) << perInch;
            }
        }
    }
}

TEST_F(MetadataSteps, ATiffKeepsItsCopyright) {
    TiffMaker maker(true);
    const std::uint64_t pixel = maker.add("\x80");
    const std::string copyright("\xA9 Jos\xE9\0", 7);
    const std::string source = maker.file(maker.addDirectory(
        {maker.shorts(256, {1}), maker.shorts(257, {1}), maker.shorts(258, {8}),
         maker.shorts(259, {1}), maker.shorts(262, {1}), maker.text(271, "Secret"),
         maker.longNumber(273, pixel), maker.shorts(277, {1}), maker.shorts(278, {1}),
         maker.longNumber(279, 1), maker.text(0x8298, copyright)}));
    for (const Metadata wish : {Metadata::none, Metadata::copyright, Metadata::keep}) {
        Transform transform = as(Format::jpeg);
        transform.metadata = wish;
        const std::string bytes = bytesOf(renderOf(source, transform));
        EXPECT_EQ(count(bytes, copyright), wish == Metadata::none ? 0u : 1u);
        EXPECT_EQ(count(bytes, "Secret"), 0u);
    }
}

TEST_F(MetadataSteps, XmpSaysNothingOfTheOldOrientation) {
    const std::string packet =
        "<x:xmpmeta xmlns:x='adobe:ns:meta/' xmlns:t='http://ns.adobe.com/tiff/1.0/' "
        "t:Orientation='6' t:Artist='Jane'/>";
    const std::string source =
        withSegment(jpeg(paint(32, 32, 3, plain(red))),
                    std::string("http://ns.adobe.com/xap/1.0/\0", 29) + packet);
    Transform transform = as(Format::jpeg);
    transform.metadata = Metadata::keep;
    const std::string bytes = bytesOf(renderOf(source, transform));
    EXPECT_NE(bytes.find("t:Artist=\"Jane\""), bytes.npos);
    EXPECT_EQ(bytes.find("Orientation"), bytes.npos);
}

TEST_F(MetadataSteps, OnlyJpegKeepsMetadata) {
    for (Format format : {Format::png, Format::webp, Format::avif, Format::gif}) {
        EXPECT_FALSE(withMetadata(Metadata::keep, format).has(VIPS_META_EXIF_NAME)) << int(format);
    }
    EXPECT_TRUE(withMetadata(Metadata::keep, Format::jpeg, withSecrets(Format::webp))
                    .has("exif-ifd0-Make"));
}

TEST_F(MetadataSteps, DamagedMetadataDoesNotSpoilTheImage) {
    const std::string samples[] = {std::string("Exif\0\0garbage and more", 22),
                                   std::string("Exif\0\0", 6), std::string("Exif\0\0II*\0", 10),
                                   std::string("Exif\0\0", 6) + std::string(60'000, '\xFF')};
    for (const std::string& blob : samples) {
        for (Metadata metadata : {Metadata::none, Metadata::copyright, Metadata::keep}) {
            const std::string source = withSegment(jpeg(paint(16, 16, 3, plain(red))), blob);
            Transform transform = as(Format::jpeg);
            transform.metadata = metadata;
            const RenderOutcome outcome = renderOf(source, transform);
            EXPECT_TRUE(outcome.rendered) << blob.size() << outcome.detail;
        }
    }
}

TEST_F(MetadataSteps, AResultWithoutCopyrightFieldsIsFine) {
    EXPECT_FALSE(withMetadata(Metadata::copyright, Format::jpeg, wideQuadrants())
                     .has("exif-ifd0-Copyright"));
}

}  // namespace
}  // namespace private_image
