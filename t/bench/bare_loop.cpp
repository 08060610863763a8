// One thread of libvips alone, for comparison: the same picture, size and encoder settings as the
// module, input in memory. Uses no code of the module.
//
//   bare_loop FILE WIDTH jpeg|png|webp SECONDS     prints CPU microseconds per render
#include <sys/resource.h>
#include <vips/vips.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>

namespace {

[[noreturn]] void give_up(const char* what) {
    std::fprintf(stderr, "bare_loop: %s: %s\n", what, vips_error_buffer());
    std::exit(1);
}

void check(int result, const char* what) {
    if (result != 0) {
        give_up(what);
    }
}

// Takes the place of `image` by what an operation made of it.
void replace(VipsImage*& image, VipsImage* by) {
    g_object_unref(image);
    image = by;
}

bool isLoadedBy(const char* loader, const char* name) {
    return std::strncmp(loader, name, std::strlen(name)) == 0;
}

VipsImage* load(const std::string& bytes, int width) {
    const char* loader = vips_foreign_find_load_buffer(bytes.data(), bytes.size());
    if (loader == nullptr) {
        give_up("load");
    }
    VipsImage* header = vips_image_new_from_buffer(bytes.data(), bytes.size(), "", nullptr);
    if (header == nullptr) {
        give_up("header");
    }
    const double factor = double(vips_image_get_width(header)) / width;
    const bool hasAlpha = vips_image_hasalpha(header) != 0;
    g_object_unref(header);
    VipsImage* image = nullptr;
    void* data = const_cast<char*>(bytes.data());
    if (isLoadedBy(loader, "VipsForeignLoadJpeg")) {
        // As far as the module's decoders shrink.
        const int shrink = factor >= 16 ? 8 : factor >= 6.4 ? 4 : factor >= 3.2 ? 2 : 1;
        check(vips_jpegload_buffer(data, bytes.size(), &image, "shrink", shrink, "access",
                                   VIPS_ACCESS_SEQUENTIAL, nullptr),
              "jpegload");
    } else if (isLoadedBy(loader, "VipsForeignLoadWebp") && !hasAlpha) {
        const double scale = 1.75 / factor <= 0.6 ? 1.75 / factor : 1;
        check(vips_webpload_buffer(data, bytes.size(), &image, "scale", scale, "access",
                                   VIPS_ACCESS_SEQUENTIAL, nullptr),
              "webpload");
    } else {
        image = vips_image_new_from_buffer(bytes.data(), bytes.size(), "", "access",
                                           VIPS_ACCESS_SEQUENTIAL, nullptr);
    }
    return image != nullptr ? image : (give_up("load"), nullptr);
}

VipsImage* shrunk(VipsImage* image, int width) {
    const bool hasAlpha = vips_image_hasalpha(image) != 0;
    VipsImage* next = nullptr;
    if (hasAlpha) {
        check(vips_premultiply(image, &next, nullptr), "premultiply");
        replace(image, next);
    }
    if (vips_image_get_width(image) != width) {
        check(vips_resize(image, &next, double(width) / vips_image_get_width(image), nullptr),
              "resize");
        replace(image, next);
    }
    if (hasAlpha) {
        check(vips_unpremultiply(image, &next, nullptr), "unpremultiply");
        replace(image, next);
        check(vips_cast_uchar(image, &next, nullptr), "cast");
        replace(image, next);
    }
    if (vips_image_get_typeof(image, VIPS_META_ICC_NAME) != 0) {
        check(vips_icc_transform(image, &next, "srgb", "embedded", TRUE, nullptr), "icc_transform");
        replace(image, next);
    }
    return image;
}

std::size_t save(VipsImage* image, const std::string& format) {
    void* data = nullptr;
    std::size_t size = 0;
    if (format == "jpeg") {
        check(vips_jpegsave_buffer(image, &data, &size, "Q", 80, "optimize_coding", TRUE, "strip",
                                   TRUE, nullptr),
              "jpegsave");
    } else if (format == "png") {
        check(vips_pngsave_buffer(image, &data, &size, "compression", 4, "filter",
                                  VIPS_FOREIGN_PNG_FILTER_ALL, "strip", TRUE, nullptr),
              "pngsave");
    } else {
        check(
            vips_webpsave_buffer(image, &data, &size, "Q", 80, "effort", 4, "strip", TRUE, nullptr),
            "webpsave");
    }
    g_free(data);
    return size;
}

double cpuMicroseconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
           static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

}  // namespace

int main(int count, char** words) {
    if (count != 5 || VIPS_INIT(words[0]) != 0) {
        std::fprintf(stderr, "usage: bare_loop FILE WIDTH jpeg|png|webp SECONDS\n");
        return 2;
    }
    vips_concurrency_set(1);
    vips_cache_set_max(0);
    std::ifstream file(words[1], std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(file)), {});
    const int width = std::atoi(words[2]);
    const auto render = [&] {
        VipsImage* image = shrunk(load(bytes, width), width);
        save(image, words[3]);
        g_object_unref(image);
    };
    render();  // what only the first one costs
    const auto until = std::chrono::steady_clock::now() +
                       std::chrono::milliseconds(std::lround(std::atof(words[4]) * 1000));
    const double before = cpuMicroseconds();
    int renders = 0;
    do {
        render();
        renders++;
    } while (std::chrono::steady_clock::now() < until);
    std::printf("%.1f\n", (cpuMicroseconds() - before) / renders);
    return 0;
}
