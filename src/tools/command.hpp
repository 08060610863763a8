// What the commands of private-image have in common: how they end, and how they speak. Knows none
// of them.
#pragma once

#include <string>
#include <string_view>

namespace private_image::tools {

inline constexpr const char* programName = "private-image";

enum class Exit : int {
    good = 0,
    refused = 1,  // the answer is no: a signature that does not count, a picture that does not come
    usage = 2,    // it could not be asked: an option, or a file that cannot be read or written
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

// To standard output.
void print(std::string_view text);

// One line to standard error, the program's name before it.
void complain(std::string_view text);

// What a stranger wrote, fit for a terminal: control bytes, and all that is not UTF-8, as "\xNN".
std::string printable(std::string_view text);

}  // namespace private_image::tools
