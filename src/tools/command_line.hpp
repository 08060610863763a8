// A command's options as a table, from which getopt_long reads them and --help is made.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "tools/command.hpp"

namespace private_image::tools {

struct Option {
    const char* name;                                   // without its dashes
    const char* argument;                               // its placeholder in --help
    const char* help;                                   // with line feeds where --help breaks lines
    std::function<std::string(std::string_view)> read;  // returns the error's text, or an empty one
    bool repeats = false;
};

using Options = std::vector<Option>;

// The usage of a command, for --help.
struct Usage {
    const char* command;
    const char* operands;  // "URL..."
    const char* text;      // what --help prints first
    std::size_t minOperands, maxOperands;
};

// Returns the operands. The error is the exit status of an invalid command line, which has been
// reported, or of --help.
Result<std::vector<std::string_view>, Exit> readCommandLine(int argc, char** argv,
                                                            const Usage& usage,
                                                            const Options& options);

// Prints why a command line is invalid, and where help is.
Exit refuseUsage(const Usage& usage, std::string_view error);

}  // namespace private_image::tools
