// What tests of single steps share: pixels of an image as they come out, the same done by the vips
// command, and how far two pictures are apart.
#pragma once

#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>

#include "pictures.hpp"
#include "render/steps/watch.hpp"

namespace private_image::pictures {

// Has all the time in the world.
inline const Watch& patient() {
    static const Watch watch(std::chrono::steady_clock::time_point::max(), nullptr);
    return watch;
}

inline Decoded pixelsOf(const Image& image) {
    Decoded decoded;
    decoded.image = image ? Image(vips_image_copy_memory(image.get())) : image;
    if (!decoded.image) {
        ADD_FAILURE() << vips_error_buffer();
        vips_error_clear();
        // So that the rest of the test has something to look at.
        decoded.image = Image(vips_image_copy_memory(paint(1000, 1000, 4, plain(clear)).get()));
    }
    decoded.bands = decoded.image.bands();
    decoded.size = decoded.image.size();
    EXPECT_EQ(decoded.image.get()->BandFmt, VIPS_FORMAT_UCHAR);
    return decoded;
}

// Soft slopes, hard edges and fine texture, in colours that are nowhere clipped: what filters and
// resampling can fail on.
inline Image photograph(int width, int height, int bands) {
    return paint(width, height, bands, [=](int x, int y) {
        const double wave = 40 * std::sin(x / 9.0) * std::cos(y / 13.0);
        const int edge = (x / 24 + y / 24) % 2 == 0 ? 30 : -30;
        const auto value = [&](double base) {
            return static_cast<std::uint8_t>(base + wave + edge);
        };
        return Colour{value(128), value(100 + 40.0 * x / width), value(100 + 40.0 * y / height),
                      static_cast<std::uint8_t>(55 + 200 * x / width)};
    });
}

// `vips OPERATION in out ARGUMENTS`, by way of lossless files.
inline Decoded byCommand(const std::string& operation, const Image& in,
                         const std::string& arguments) {
    const auto folder = std::filesystem::temp_directory_path() /
                        ("private_image_step." + std::to_string(::getpid()));
    std::filesystem::create_directories(folder);
    const std::string from = (folder / "in.png").string();
    const std::string to = (folder / "out.png").string();
    EXPECT_EQ(vips_pngsave(in.get(), from.c_str(), static_cast<void*>(nullptr)), 0);
    const std::string line = "vips " + operation + " " + from + " " + to + " " + arguments;
    // NOLINTNEXTLINE(cert-env33-c): every word of it is ours
    EXPECT_EQ(std::system(line.c_str()), 0) << line;
    // The library under test opens no files.
    std::ifstream file(to, std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(file)), {});
    std::filesystem::remove_all(folder);
    return decode(view(bytes), SourceType::png);
}

// Decibels over all samples; infinite for equal pictures.
inline double psnr(const Decoded& a, const Decoded& b) {
    EXPECT_EQ(a.size, b.size);
    EXPECT_EQ(a.bands, b.bands);
    if (a.size != b.size || a.bands != b.bands) {
        return 0;
    }
    double squares = 0;
    const auto count = std::size_t(a.size.width) * a.bands;
    for (std::uint32_t y = 0; y < a.size.height; ++y) {
        const VipsPel* left = VIPS_IMAGE_ADDR(a.image.get(), 0, int(y));
        const VipsPel* right = VIPS_IMAGE_ADDR(b.image.get(), 0, int(y));
        for (std::size_t i = 0; i < count; ++i) {
            squares += double(left[i] - right[i]) * (left[i] - right[i]);
        }
    }
    const double mean = squares / (double(count) * a.size.height);
    return mean == 0 ? std::numeric_limits<double>::infinity() : 10 * std::log10(255 * 255 / mean);
}

}  // namespace private_image::pictures
