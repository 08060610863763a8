// Files in and out, bounded and whole. Knows nothing of what is in them.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "base/result.hpp"

namespace private_image::tools {

struct FileContent {
    std::string bytes;
    bool othersMayRead = false;
};

// A regular file of at most `longest` bytes. The error is why not.
Result<FileContent, std::string> readFile(const std::string& path, std::size_t longest);

// The same of standard input.
Result<FileContent, std::string> readStandardInput(std::size_t longest);

// Replaces the file in one step, so that nobody reads half of it. Returns the error, or nothing.
std::string writeFile(const std::string& name, std::span<const unsigned char> bytes);

// One line after the other, without their line feeds.
class Lines {
public:
    explicit Lines(std::size_t longest) : longest_(longest) {}

    // Of standard input; cut where it is longer. False at the end.
    bool next(std::string& line);

private:
    std::size_t longest_;
};

}  // namespace private_image::tools
