// Every failure ends the program, since half a measurement is useless.
#include "measuring.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace private_image {

void giveUp(std::string_view why) {
    std::fprintf(stderr, "%.*s: %s\n", int(why.size()), why.data(), vips_error_buffer());
    std::exit(1);
}

Image orGiveUp(Image image, std::string_view why) {
    if (!image) {
        giveUp(why);
    }
    return image;
}

double cpuSeconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
        return double(time.tv_sec) + double(time.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

std::vector<unsigned char> fileBytes(const std::string& name) {
    std::ifstream file(name, std::ios::binary);
    std::vector<unsigned char> bytes{std::istreambuf_iterator<char>(file), {}};
    if (bytes.empty()) {
        giveUp(name + " cannot be read");
    }
    return bytes;
}

Image inMemory(const Image& image) {
    return orGiveUp(image ? Image(vips_image_copy_memory(image.get())) : image, "decoding");
}

Image seen(const Image& image) {
    VipsArrayDouble* white = vips_array_double_newv(3, 255.0, 255.0, 255.0);
    const Image colour = apply(vips_colourspace, image, VIPS_INTERPRETATION_sRGB);
    const Image flat = image.hasAlpha() ? apply(vips_flatten, colour, "background", white) : colour;
    vips_area_unref(VIPS_AREA(white));
    return orGiveUp(apply(vips_cast, flat, VIPS_FORMAT_FLOAT), "comparing");
}

Image two(PairOperation operation, const Image& one, const Image& other) {
    VipsImage* out = nullptr;
    if (!one || !other || operation(one.get(), other.get(), &out, nullptr) != 0) {
        giveUp("comparing");
    }
    return Image(out);
}

double average(const Image& image) {
    double value = 0;
    if (!image || vips_avg(image.get(), &value, nullptr) != 0) {
        giveUp("comparing");
    }
    return value;
}

double psnr(const Image& one, const Image& other) {
    const Image difference = two(vips_subtract, one, other);
    return 10 * std::log10(255.0 * 255.0 / average(two(vips_multiply, difference, difference)));
}

}  // namespace private_image
