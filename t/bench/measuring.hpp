// What the programs of the benchmark measure with: CPU time, pictures as a viewer compares them,
// PSNR.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "render/steps/image.hpp"

namespace private_image {

[[noreturn]] void giveUp(std::string_view why);
Image orGiveUp(Image image, std::string_view why);

// Of this process with all its threads: other programs on the machine lengthen the wall's time, not
// this; an encoder's own threads count.
double cpuSeconds();

double median(std::vector<double> values);

// From memory: startVips() blocks what reads files.
std::vector<unsigned char> fileBytes(const std::string& name);

Image inMemory(const Image& image);

// Three channels of floats on white, as a viewer compares.
Image seen(const Image& image);

using PairOperation = int (*)(VipsImage*, VipsImage*, VipsImage**, ...);
Image two(PairOperation operation, const Image& one, const Image& other);

double average(const Image& image);

// In dB, of two that were seen(); infinite where they are the same.
double psnr(const Image& one, const Image& other);

}  // namespace private_image
