#include "tools/command.hpp"

#include <glib.h>

#include <cstdio>

#include "base/ascii.hpp"

namespace private_image::tools {
namespace {

constexpr char hexDigits[] = "0123456789abcdef";

// U+0080 to U+009F: terminals take them for control characters as well.
bool beginsLateControl(std::string_view text) {
    return text.size() > 1 && static_cast<unsigned char>(text[0]) == 0xc2 &&
           static_cast<unsigned char>(text[1]) < 0xa0;
}

void appendEscaped(std::string& text, unsigned char byte) {
    text += "\\x";
    text += hexDigits[byte >> 4];
    text += hexDigits[byte & 15];
}

}  // namespace

void print(std::string_view text) {
    static_cast<void>(
        std::fwrite(text.data(), 1, text.size(), stdout));  // main() checks for errors
}

void complain(std::string_view text) {
    const std::string line = std::string(programName) + ": " + std::string(text) + '\n';
    static_cast<void>(
        std::fwrite(line.data(), 1, line.size(), stderr));  // errors cannot be reported elsewhere
}

std::string printable(std::string_view text) {
    // g_utf8_validate() refuses a text that contains a NUL.
    const bool isText = g_utf8_validate(text.data(), static_cast<gssize>(text.size()), nullptr);
    std::string shown;
    for (; !text.empty(); text.remove_prefix(1)) {
        const auto byte = static_cast<unsigned char>(text[0]);
        if (isControl(text[0]) || (byte >= 0x80 && !isText)) {
            appendEscaped(shown, byte);
        } else if (beginsLateControl(text)) {
            appendEscaped(shown, byte);
            text.remove_prefix(1);
            appendEscaped(shown, static_cast<unsigned char>(text[0]));
        } else {
            shown += text[0];
        }
    }
    return shown;
}

}  // namespace private_image::tools
