// Each picture is written when it is asked for: none is kept beside the photographs.
#include "reduced_pictures.hpp"

#include "measuring.hpp"

namespace private_image {

namespace {

const std::string lake = "Kleiber_by_Lukas_Baubkus.jpg";                 // 20 MP
const std::string sea = "Infinite-Sea_by_Aury88.jpg";                    // 17 MP, progressive
const std::string mountains = "picosdeeuropa_by_Aitzol_Berasategi.jpg";  // rough
const std::string street = "umang_by_Abhishek_Mudgal.jpg";
const std::string sunset = "sunset_by_Aitzol_Berasategi.jpg";  // 12 MP
const std::string animal = "Fossa_by_Jasper_Roks.jpg";
const std::string jpeg = ".jpg[Q=90,strip]";
const std::string heic = ".heic[Q=60,compression=hevc,strip]";
const std::string avif = ".avif[Q=60,effort=3,strip]";
const std::string webp = ".webp[Q=85,strip]";
const std::string png = ".png[strip]";

const std::vector<Picture> all{
    {"20 MP JPEG", lake, 0, "", SourceType::jpeg, Tried::all},
    {"20 MP JPEG of quality 95", lake, 6028, ".jpg[Q=95,strip]", SourceType::jpeg, Tried::usual},
    {"20 MP JPEG to WebP", lake, 0, "", SourceType::jpeg, Tried::usual, Format::webp},
    {"20 MP JPEG to AVIF", lake, 0, "", SourceType::jpeg, Tried::usual, Format::avif},
    {"17 MP progressive JPEG", sea},
    {"5 MP JPEG", mountains, 2592, jpeg},
    {"2 MP JPEG", street, 1920, jpeg},
    {"12 MP HEIC to JPEG", sunset, 4272, heic, SourceType::heic},
    {"12 MP AVIF to JPEG", sunset, 4272, avif, SourceType::avif, Tried::usual, Format::jpeg},
    {"12 MP AVIF to AVIF", sunset, 4272, avif, SourceType::avif, Tried::usual},
    {"12 MP WebP", sunset, 4272, webp, SourceType::webp, Tried::usual},
    {"5 MP PNG with alpha", animal, 3000, png, SourceType::png, Tried::alike, {}, true},
    {"5 MP PNG with alpha to WebP", animal, 3000, png, SourceType::png, Tried::usual, Format::webp,
     true},
};

// Opaque in the middle, clear at the left and right edge.
Image withSoftEdges(const Image& image) {
    VipsImage* ramp = nullptr;
    if (vips_xyz(&ramp, int(image.width()), int(image.height()), nullptr) != 0) {
        giveUp("transparency");
    }
    const Image across = apply(vips_extract_band, Image(ramp), 0);
    const Image wave = apply(vips_math, apply(vips_linear1, across, 180.0 / image.width(), 0.0),
                             VIPS_OPERATION_MATH_SIN);
    const Image alpha = apply(vips_linear1, wave, 400.0, 0.0, "uchar", TRUE);
    VipsImage* out = nullptr;
    if (!alpha || vips_bandjoin2(image.get(), alpha.get(), &out, nullptr) != 0) {
        giveUp("transparency");
    }
    return Image(out);
}

}  // namespace

const std::vector<Picture>& pictures() {
    return all;
}

Bytes written(const Image& image, const std::string& how) {
    void* data = nullptr;
    std::size_t size = 0;
    if (vips_image_write_to_buffer(image.get(), how.c_str(), &data, &size, nullptr) != 0) {
        giveUp("writing " + how);
    }
    const auto* first = static_cast<unsigned char*>(data);
    Bytes bytes(first, first + size);
    g_free(data);
    return bytes;
}

Bytes bytesOf(const Picture& picture, const std::string& folder) {
    Bytes file = fileBytes(folder + "/" + picture.file);
    if (picture.width == 0) {
        return file;
    }
    VipsImage* out = nullptr;
    if (vips_thumbnail_buffer(const_cast<unsigned char*>(file.data()), file.size(), &out,
                              int(picture.width), "height", VIPS_MAX_COORD, "export_profile",
                              "srgb", nullptr) != 0) {
        giveUp(picture.file);
    }
    const Image image = inMemory(Image(out));
    return written(picture.hasAlpha ? withSoftEdges(image) : image, picture.written);
}

}  // namespace private_image
