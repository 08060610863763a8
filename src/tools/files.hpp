// Reads and writes whole files, within a limit of size.
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

// Reads a regular file of at most `maxSize` bytes. The error is a sentence.
Result<FileContent, std::string> readFile(const std::string& path, std::size_t maxSize);

// The same for standard input.
Result<FileContent, std::string> readStandardInput(std::size_t maxSize);

// Replaces the file in one step, so that no other process reads half of it. "-" is standard output.
// Returns the error's text, or an empty one.
std::string writeFile(const std::string& name, std::span<const unsigned char> bytes);

// Reads lines from standard input.
class Lines {
public:
    explicit Lines(std::size_t maxLength) : maxLength_(maxLength) {}

    // The next line without its line feed, cut after `maxLength` bytes. False at the end.
    bool next(std::string& line);

private:
    std::size_t maxLength_;
};

}  // namespace private_image::tools
