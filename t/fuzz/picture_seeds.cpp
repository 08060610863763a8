// Writes small pictures of every source type into a folder, as seeds for the renderer's
// target. Omits types that this machine's libvips cannot write.
#include <vips/vips.h>

#include <fstream>
#include <string>
#include <vector>

namespace {

constexpr int side = 24;

VipsImage* paint(int height, int bands, VipsInterpretation interpretation) {
    std::vector<unsigned char> pixels;
    pixels.reserve(static_cast<std::size_t>(side) * std::size_t(height * bands));
    for (int at = 0; at < side * height * bands; ++at) {
        pixels.push_back(static_cast<unsigned char>(at * 37 / bands + at % bands * 90));
    }
    VipsImage* image = vips_image_new_from_memory_copy(pixels.data(), pixels.size(), side, height,
                                                       bands, VIPS_FORMAT_UCHAR);
    image->Type = interpretation;
    return image;
}

void sayWho(VipsImage* image) {
    for (const char* field : {"exif-ifd0-Copyright", "exif-ifd0-Artist", "exif-ifd0-Make"}) {
        vips_image_set_string(image, field, "me (me, ASCII, 3 components, 3 bytes)");
    }
    vips_image_set_string(image, "exif-ifd3-GPSLatitude", "52/1 30/1 0/1");
}

VipsImage* animation(int frames) {
    VipsImage* strip = paint(frames * side, 4, VIPS_INTERPRETATION_sRGB);
    const std::vector<int> delays(static_cast<std::size_t>(frames), 50);
    vips_image_set_int(strip, VIPS_META_PAGE_HEIGHT, side);
    vips_image_set_array_int(strip, "delay", delays.data(), frames);
    return strip;
}

// Pictures of one colour are small in every format.
VipsImage* plain(int width, int height) {
    VipsImage* image = nullptr;
    vips_black(&image, width, height, "bands", 3, nullptr);
    image->Type = VIPS_INTERPRETATION_sRGB;
    return image;
}

VipsImage* inFormat(VipsImage* image, VipsBandFormat format, VipsInterpretation interpretation,
                    double factor) {
    VipsImage *scaled = nullptr, *made = nullptr;
    const bool isMade = vips_linear1(image, &scaled, factor, 0, nullptr) == 0 &&
                        vips_cast(scaled, &made, format, nullptr) == 0;
    g_object_unref(scaled);
    if (isMade) {
        made->Type = interpretation;
    }
    return made;
}

void write(VipsImage* image, const std::string& file, const std::string& format) {
    void* bytes = nullptr;
    std::size_t length = 0;
    if (vips_image_write_to_buffer(image, format.c_str(), &bytes, &length, nullptr) == 0) {
        std::ofstream(file, std::ios::binary)
            .write(static_cast<char*>(bytes), static_cast<std::streamsize>(length));
        g_free(bytes);
    }
    vips_error_clear();
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 2 || VIPS_INIT(arguments[0]) != 0) {
        return 2;
    }
    const std::string folder = std::string(arguments[1]) + '/';
    VipsImage* const colours = paint(side, 3, VIPS_INTERPRETATION_sRGB);
    VipsImage* const alpha = paint(side, 4, VIPS_INTERPRETATION_sRGB);
    VipsImage* const grey = paint(side, 1, VIPS_INTERPRETATION_B_W);
    VipsImage* const inks = paint(side, 4, VIPS_INTERPRETATION_CMYK);
    VipsImage* const frames = animation(3);
    VipsImage* const manyFrames = animation(9);
    VipsImage* const large = plain(640, 500);
    VipsImage* const halfAsLarge = plain(500, 330);
    VipsImage* const turned = paint(side, 3, VIPS_INTERPRETATION_sRGB);
    vips_image_set_int(turned, VIPS_META_ORIENTATION, 6);
    for (VipsImage* image : {colours, alpha, turned}) {
        sayWho(image);
    }
    VipsImage* const deep = inFormat(alpha, VIPS_FORMAT_USHORT, VIPS_INTERPRETATION_RGB16, 257);
    VipsImage* const real = inFormat(colours, VIPS_FORMAT_FLOAT, VIPS_INTERPRETATION_scRGB, 0.004);

    write(colours, folder + "colours.jpg", ".jpg[Q=60]");
    write(turned, folder + "turned.jpg", ".jpg[Q=60]");
    write(colours, folder + "progressive.jpg", ".jpg[Q=60,interlace]");
    write(grey, folder + "grey.jpg", ".jpg[Q=60]");
    write(inks, folder + "inks.jpg", ".jpg[Q=60]");
    write(colours, folder + "profile.jpg", ".jpg[Q=60,profile=p3]");
    write(colours, folder + "subsampled.jpg", ".jpg[Q=60,subsample-mode=on,restart-interval=2]");
    write(alpha, folder + "alpha.png", ".png");
    write(deep, folder + "deep.png", ".png[interlace]");
    write(colours, folder + "profile.png", ".png[profile=p3]");
    write(colours, folder + "palette.png", ".png[palette]");
    write(grey, folder + "interlaced.png", ".png[interlace]");
    write(colours, folder + "bits.png", ".png[bitdepth=1]");
    write(colours, folder + "lossy.webp", ".webp[Q=40]");
    write(alpha, folder + "lossless.webp", ".webp[lossless]");
    write(alpha, folder + "alpha.webp", ".webp[Q=40]");
    write(colours, folder + "profile.webp", ".webp[Q=40,profile=p3]");
    write(frames, folder + "frames.webp", ".webp[Q=40]");
    write(manyFrames, folder + "many-frames.webp", ".webp[Q=10]");
    write(frames, folder + "frames.gif", ".gif");
    write(manyFrames, folder + "many-frames.gif", ".gif");
    write(colours, folder + "still.gif", ".gif");
    write(alpha, folder + "interlaced.gif", ".gif[interlace]");
    write(alpha, folder + "alpha.avif", ".avif[effort=0]");
    write(colours, folder + "lossless.avif", ".avif[effort=0,lossless]");
    write(grey, folder + "grey.avif", ".avif[effort=0]");
    write(colours, folder + "colours.heic", ".heic[compression=hevc]");
    write(alpha, folder + "alpha.heic", ".heic[compression=hevc]");
    write(alpha, folder + "alpha.tif", ".tif");
    write(deep, folder + "deep.tif", ".tif[compression=lzw,predictor=horizontal]");
    write(real, folder + "real.tif", ".tif[compression=deflate,predictor=float]");
    write(grey, folder + "bits.tif", ".tif[bitdepth=1,compression=ccittfax4]");
    write(colours, folder + "jpeg.tif", ".tif[compression=jpeg,Q=60]");
    write(colours, folder + "webp.tif", ".tif[compression=webp,Q=60]");
    write(colours, folder + "tiles.tif", ".tif[tile,tile-width=16,tile-height=16,pyramid]");
    write(inks, folder + "inks.tif", ".tif[compression=deflate]");
    write(frames, folder + "pages.tif", ".tif");
    write(colours, folder + "colours.jxl", ".jxl[effort=1]");
    write(alpha, folder + "lossless.jxl", ".jxl[effort=1,lossless]");
    for (const char* format : {"jpg", "png", "webp", "gif", "avif", "heic", "tif", "jxl"}) {
        const std::string options = format == std::string("tif") ? "[compression=deflate]" : "";
        write(large, folder + "large." + format, std::string(".") + format + options);
    }
    write(halfAsLarge, folder + "progressive-large.jpg", ".jpg[interlace]");
    write(halfAsLarge, folder + "interlaced-large.png", ".png[interlace]");
    for (VipsImage* image :
         {colours, alpha, grey, inks, frames, manyFrames, large, halfAsLarge, turned, deep, real}) {
        g_object_unref(image);
    }
    vips_shutdown();
}
