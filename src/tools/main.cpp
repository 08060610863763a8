// private-image: chooses the command, and checks standard output at the end.
#include <openssl/crypto.h>
#include <vips/vips.h>

#include <array>
#include <cstdio>
#include <exception>
#include <string>

#include "base/version.hpp"
#include "dialect/parsed_request.hpp"
#include "tools/command.hpp"

namespace private_image::tools {
namespace {

constexpr std::array commands{
    Command{"sign", "sign URLs", runSign},
    Command{"verify", "show whether URLs have valid signatures, and until when", runVerify},
    Command{"explain", "show how a gate reads a URL, and its decision", runExplain},
    Command{"render", "transform an image file, as the module would", runRender},
};

std::string helpText() {
    const std::string name = programName;
    std::string text = "usage: " + name +
                       " COMMAND [option...] ...\n\nSigned URLs and transformed "
                       "images, as ngx_http_private_image_module reads\nand makes them.\n\n";
    for (const Command& command : commands) {
        text += "  " + std::string(command.name);
        text.append(10 - std::string_view(command.name).size(), ' ');
        text += std::string(command.summary) + '\n';
    }
    return text + "\n\"" + name +
           " COMMAND --help\" has the options. Exit status: 0 success,\n"
           "1 refused or failed, 2 invalid usage.\n";
}

Exit printVersion() {
    print(std::string(programName) + ' ' + version + "\nlibvips " + vips_version_string() + "\n" +
          OpenSSL_version(OPENSSL_VERSION) + "\n");
    return Exit::good;
}

Exit run(int argc, char** argv) {
    const std::string_view word = argc > 1 ? argv[1] : "";
    if (word == "--help" || word == "-h") {
        print(helpText());
        return Exit::good;
    }
    if (word == "--version") {
        return printVersion();
    }
    for (const Command& command : commands) {
        if (word == command.name) {
            return command.run(argc - 1, argv + 1);
        }
    }
    complain(word.empty() ? "missing command" : "unknown command " + inQuotes(word));
    complain("see \"private-image --help\"");
    return Exit::usage;
}

}  // namespace
}  // namespace private_image::tools

int main(int argc, char** argv) {
    using namespace private_image::tools;
    Exit exit = Exit::usage;
    try {
        exit = run(argc, argv);
    } catch (const std::exception& error) {
        complain(error.what());
    }
    // A full disk is reported only here.
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
        complain("standard output cannot be written");
        exit = Exit::usage;
    }
    return static_cast<int>(exit);
}
