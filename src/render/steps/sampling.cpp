// Bilinear, with colours weighted by their opacity. vips_mapim does the same, but reads the
// smallest rectangle that holds all pixels of a strip, in floating point if there is alpha: a far
// corner costs 16 bytes for each pixel of the whole image, several times.
#include "render/steps/sampling.hpp"

#include <cmath>

#include "render/steps/pixels.hpp"

namespace private_image {

namespace {

struct Sheet {
    const VipsPel* pixels;
    int width, height, bands;
    bool hasAlpha;

    const VipsPel* at(int x, int y) const {
        return pixels + (std::size_t(y) * std::size_t(width) + std::size_t(x)) * std::size_t(bands);
    }
};

// Sums of colours, weighted by share and opacity, and of these weights.
struct Blend {
    double colours[4] = {};
    double opacity = 0;

    void add(const Sheet& sheet, int x, int y, double share) {
        if (share <= 0 || x < 0 || y < 0 || x >= sheet.width || y >= sheet.height) {
            return;
        }
        const VipsPel* pixel = sheet.at(x, y);
        const int last = sheet.bands - 1;
        const double weight = sheet.hasAlpha ? share * pixel[last] / 255 : share;
        for (int band = 0; band < (sheet.hasAlpha ? last : sheet.bands); ++band) {
            colours[band] += weight * pixel[band];
        }
        opacity += weight;
    }

    void write(const Sheet& sheet, VipsPel* out) const {
        for (int band = 0; band < sheet.bands; ++band) {
            out[band] = opacity > 0 ? sample(colours[band] / opacity) : 0;
        }
        if (sheet.hasAlpha) {
            out[sheet.bands - 1] = sample(opacity * 255);
        }
    }
};

void writeSample(const Sheet& sheet, double x, double y, VipsPel* out) {
    Blend blend;
    if (x > -1 && y > -1 && x < sheet.width && y < sheet.height) {
        const int left = static_cast<int>(std::floor(x));
        const int top = static_cast<int>(std::floor(y));
        const double right = x - left;
        const double below = y - top;
        blend.add(sheet, left, top, (1 - right) * (1 - below));
        blend.add(sheet, left + 1, top, right * (1 - below));
        blend.add(sheet, left, top + 1, (1 - right) * below);
        blend.add(sheet, left + 1, top + 1, right * below);
    }
    blend.write(sheet, out);
}

}  // namespace

Image sampledAt(const Image& image, const Image& places) {
    if (!image || !places || image.get()->data == nullptr || image.bands() > 4) {
        return {};
    }
    const Sheet sheet{image.get()->data, int(image.width()), int(image.height()), image.bands(),
                      image.hasAlpha()};
    const auto sampleLine = [sheet](const Line<VipsPel>& line) {
        const auto* place = reinterpret_cast<const float*>(line.in);
        VipsPel* out = line.out;
        for (int x = 0; x < line.width; ++x, place += 2, out += sheet.bands) {
            writeSample(sheet, place[0], place[1], out);
        }
    };
    // Passed for its metadata too, the image lives as long as the result.
    return mapLines(places, sheet.bands, sampleLine, image);
}

}  // namespace private_image
