#include "tools/command_line.hpp"

#include <getopt.h>

#include <algorithm>

#include "dialect/parsed_request.hpp"

namespace private_image::tools {
namespace {

constexpr int firstOption = 256;  // above every character: those are short options
constexpr int helpOption = firstOption - 1;
constexpr std::size_t maxRepeats = 1000;
constexpr std::size_t helpColumn = 24;

std::vector<option> longOptions(const Options& options) {
    std::vector<option> table;
    for (std::size_t i = 0; i < options.size(); ++i) {
        table.push_back(
            {options[i].name, required_argument, nullptr, firstOption + static_cast<int>(i)});
    }
    table.push_back({"help", no_argument, nullptr, helpOption});
    table.push_back({});
    return table;
}

std::string helpOfOption(std::string_view spelling, std::string_view help) {
    std::string text = "  " + std::string(spelling);
    text += text.size() + 2 > helpColumn ? "\n" + std::string(helpColumn, ' ')
                                         : std::string(helpColumn - text.size(), ' ');
    for (const char c : help) {
        text += c;
        if (c == '\n') {
            text.append(helpColumn, ' ');
        }
    }
    return text + '\n';
}

std::string helpText(const Usage& usage, const Options& options) {
    std::string text = std::string("usage: ") + programName + ' ' + usage.command +
                       " [option...] " + usage.operands + "\n\n" + usage.text + "\n\n";
    for (const Option& each : options) {
        text += helpOfOption("--" + std::string(each.name) + ' ' + each.argument, each.help);
    }
    return text + helpOfOption("--help", "prints this");
}

// Quoted by inQuotes(), because getopt's own messages would print untrusted text as it is.
std::string errorOf(int found, char** argv) {
    const bool isShort = found == '?' && optopt > 0 && optopt < helpOption;
    const std::string word =
        isShort ? std::string{'-', static_cast<char>(optopt)} : argv[optind - 1];
    return (found == ':' ? "missing value of option " : "unknown option ") + inQuotes(word);
}

// Reads the value of one option. `count`: how many times it was given before.
std::string readOption(const Option& chosen, std::size_t& count) {
    if (++count > (chosen.repeats ? maxRepeats : 1)) {
        return '"' + std::string("--") + chosen.name + "\" is given too often";
    }
    const std::string error = chosen.read(optarg);
    return error.empty() ? error : std::string("--") + chosen.name + ": " + error;
}

std::string operandError(const Usage& usage, std::size_t count) {
    if (count < usage.minOperands) {
        return std::string("missing argument: write ") + usage.operands;
    }
    return count > usage.maxOperands ? std::string("too many arguments: write ") + usage.operands
                                     : "";
}

}  // namespace

Exit refuseUsage(const Usage& usage, std::string_view error) {
    complain(std::string(usage.command) + ": " + std::string(error));
    complain(std::string("see \"") + programName + ' ' + usage.command + " --help\"");
    return Exit::usage;
}

Result<std::vector<std::string_view>, Exit> readCommandLine(int argc, char** argv,
                                                            const Usage& usage,
                                                            const Options& options) {
    const std::vector<option> table = longOptions(options);
    std::vector<std::size_t> counts(options.size());
    optind = 1;
    // The leading colon makes getopt return ':' for a missing value, and print nothing.
    // NOLINTNEXTLINE(concurrency-mt-unsafe): the tool has one thread
    for (int found; (found = getopt_long(argc, argv, ":h", table.data(), nullptr)) != -1;) {
        if (found == helpOption || found == 'h') {
            print(helpText(usage, options));
            return Error{Exit::good};
        }
        if (found < firstOption) {
            return Error{refuseUsage(usage, errorOf(found, argv))};
        }
        const auto chosen = static_cast<std::size_t>(found - firstOption);
        if (const std::string error = readOption(options[chosen], counts[chosen]); !error.empty()) {
            return Error{refuseUsage(usage, error)};
        }
    }
    std::vector<std::string_view> operands(argv + optind, argv + argc);
    const std::string error = operandError(usage, operands.size());
    return error.empty() ? Result<std::vector<std::string_view>, Exit>(std::move(operands))
                         : Error{refuseUsage(usage, error)};
}

}  // namespace private_image::tools
