// What the commands of private-image share: exit statuses and output.
#pragma once

#include <string>
#include <string_view>

namespace private_image::tools {

inline constexpr const char* programName = "private-image";

enum class Exit : int {
    good = 0,
    refused = 1,  // an invalid signature, a refused request, an image that cannot be rendered
    usage = 2,    // an invalid option, or a file that cannot be read or written
};

struct Command {
    const char* name;
    const char* summary;  // of `private-image --help`
    Exit (*run)(int argc, char** argv);
};

Exit runSign(int argc, char** argv);
Exit runVerify(int argc, char** argv);
Exit runExplain(int argc, char** argv);
Exit runRender(int argc, char** argv);

// Prints to standard output.
void print(std::string_view text);

// Prints one line to standard error, after the program's name.
void complain(std::string_view text);

// Untrusted text for a terminal: control characters, and text that is not UTF-8, become "\xNN".
std::string printable(std::string_view text);

}  // namespace private_image::tools
