// A command's options as a table: read by getopt_long, and told by --help. Knows no option but
// --help.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "tools/command.hpp"

namespace private_image::tools {

struct Option {
    const char* name;      // without its dashes
    const char* argument;  // what --help calls it
    const char* help;      // its lines end where --help is to break them
    std::function<std::string(std::string_view)> take;  // returns the error, or nothing
    bool repeats = false;
};

using Options = std::vector<Option>;

// How a command is called and what it does.
struct Usage {
    const char* command;
    const char* operands;  // "URL..."
    const char* text;      // what --help says first
    std::size_t minOperands, maxOperands;
};

// The operands. The error is how the command ends at once: told off, or after --help.
Result<std::vector<std::string_view>, Exit> readCommandLine(int argc, char** argv,
                                                            const Usage& usage,
                                                            const Options& options);

// Says what is wrong with how a command was called.
Exit refuseUsage(const Usage& usage, std::string_view error);

}  // namespace private_image::tools
