#include "dialect/sign_arguments.hpp"

#include "base/encoding.hpp"
#include "dialect/parsed_request.hpp"
#include "dialect/signed_target.hpp"

namespace private_image {
namespace {

// Returns why the argument is invalid; empty if it is valid.
std::string readArgument(std::string_view argument, std::int64_t maxSeconds,
                         SignArguments& arguments) {
    if (argument.starts_with("url=") && !arguments.url) {
        arguments.url = formDecode(argument.substr(4));
        return arguments.url ? "" : "url= is not percent-encoded as forms are";
    }
    if (argument.starts_with("ttl=") && !arguments.ttl) {
        const auto seconds =
            parseUnsigned(argument.substr(4), static_cast<std::uint64_t>(maxSeconds)).value_or(0);
        arguments.ttl = static_cast<std::int64_t>(seconds);
        return seconds > 0
                   ? ""
                   : "ttl= must be a number of seconds from 1 to " + std::to_string(maxSeconds);
    }
    return "unknown argument " + inQuotes(argument) +
           ", write ?url=URL with the URL percent-encoded, and &ttl=SECONDS";
}

}  // namespace

Result<SignArguments, std::string> parseSignArguments(std::string_view query,
                                                      std::int64_t maxSeconds) {
    SignArguments arguments;
    std::string error;
    forEachParameter(query, [&](std::string_view argument) {
        error = error.empty() ? readArgument(argument, maxSeconds, arguments) : error;
    });
    if (!error.empty()) {
        return Error{std::move(error)};
    }
    return arguments;
}

}  // namespace private_image
