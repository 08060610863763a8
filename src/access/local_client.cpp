#include "access/local_client.hpp"

#include <array>
#include <cstddef>

#include "base/ascii.hpp"

namespace private_image {
namespace {

struct Proof {
    std::string_view name, reason;
};

// A proxy that is configured to forward the client's address adds at least one of these.
constexpr std::array proofs{
    Proof{"x-forwarded-for", "the request has X-Forwarded-For, so it came through a proxy"},
    Proof{"forwarded", "the request has Forwarded, so it came through a proxy"},
    Proof{"x-real-ip", "the request has X-Real-IP, so it came through a proxy"},
    Proof{"via", "the request has Via, so it came through a proxy"},
};

struct Authority {
    std::string_view host, port;  // `port` is empty without a port
};

// A colon within the brackets of an IPv6 address is not before a port.
Authority splitAuthority(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    const std::size_t bracket = text.rfind(']');
    const bool hasPort = colon != text.npos && (bracket == text.npos || bracket < colon);
    return hasPort ? Authority{text.substr(0, colon), text.substr(colon + 1)} : Authority{text, {}};
}

// RFC 6454, 6.2: scheme "://" host [ ":" port ]. Anything else, such as "null", has no host.
bool isOwnOrigin(std::string_view origin, std::string_view ownHost) {
    const std::size_t slashes = origin.find("://");
    if (slashes == origin.npos) {
        return false;
    }
    const Authority requested = splitAuthority(origin.substr(slashes + 3));
    const Authority own = splitAuthority(ownHost);
    const bool isSamePort =
        requested.port.empty() || own.port.empty() || requested.port == own.port;
    return !requested.host.empty() && isSamePort && equalsIgnoringCase(requested.host, own.host);
}

}  // namespace

std::string_view whyNotLocal(const ClientFacts& client) {
    if (!client.hasLocalAddress) {
        return "the client is not on this machine";
    }
    if (client.hasProxyProtocol) {
        return "the connection has a PROXY protocol header, so it came through a proxy";
    }
    for (const HeaderField& header : client.headers) {
        for (const Proof& proof : proofs) {
            if (equalsIgnoringCase(header.name, proof.name)) {
                return proof.reason;
            }
        }
        if (equalsIgnoringCase(header.name, "origin") && !isOwnOrigin(header.value, client.host)) {
            return "the request has the Origin of another host";
        }
    }
    return {};
}

}  // namespace private_image
