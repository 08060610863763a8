// The path is fetched from this location's origin, never from the host in the URL.
#include "dialect/cloudflare/source.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "base/ascii.hpp"
#include "base/encoding.hpp"
#include "dialect/parsed_request.hpp"

namespace private_image::cloudflare {

namespace {

constexpr std::uint64_t maxPort = 65535;

std::string_view withoutLeadingSlashes(std::string_view text) {
    return text.substr(std::min(text.find_first_not_of('/'), text.size()));
}

// The text after "https:/" or "https://"; empty if it is not a URL.
std::optional<std::string_view> afterScheme(std::string_view source) {
    for (const std::string_view scheme : {"http:/", "https:/"}) {
        if (equalsIgnoringCase(source.substr(0, scheme.size()), scheme)) {
            source.remove_prefix(scheme.size());
            return source.starts_with('/') ? source.substr(1) : source;
        }
    }
    return std::nullopt;
}

// Compares hosts without ports: behind a load balancer, the client's port is another one than ours.
// Any other text in the authority, such as a user name, is not our host.
std::string_view withoutPort(std::string_view authority) {
    const auto colon = authority.rfind(':');
    const bool hasPort = colon != std::string_view::npos &&
                         parseUnsigned(authority.substr(colon + 1), maxPort).has_value();
    return hasPort ? authority.substr(0, colon) : authority;
}

bool namesHost(std::string_view authority, std::string_view host) {
    return !host.empty() && (equalsIgnoringCase(authority, host) ||
                             equalsIgnoringCase(withoutPort(authority), host));
}

// Merged, because an origin may read two slashes as one.
bool isTransformed(std::string_view path) {
    std::string merged(path);
    const auto isPair = [](char one, char other) { return one == '/' && other == '/'; };
    merged.erase(std::ranges::unique(merged, isPair).begin(), merged.end());
    return merged.find(optionsFirstPrefix) != std::string::npos;
}

}  // namespace

Result<std::string, std::string_view> sourcePath(std::string_view source, std::string_view host) {
    if (const auto rest = afterScheme(source)) {
        const auto end = std::min(rest->find('/'), rest->size());
        if (!namesHost(rest->substr(0, end), host)) {
            return Error<std::string_view>{"the source is on another server"};
        }
        source = rest->substr(end);
    }
    // With two slashes, a redirect would lead to another server.
    std::string path = '/' + std::string(withoutLeadingSlashes(source));
    if (const auto error = pathError(path); !error.empty()) {
        return Error{error};
    }
    if (isTransformed(path)) {
        return Error<std::string_view>{"the source is itself a transformed image"};
    }
    return path;
}

}  // namespace private_image::cloudflare
