// Whether a request comes from this machine. The endpoints that serve only local clients use it.
#pragma once

#include <span>
#include <string_view>

namespace private_image {

struct HeaderField {
    std::string_view name, value;
};

struct ClientFacts {
    bool hasLocalAddress = false;   // loopback or a unix socket, as allow and deny see it
    bool hasProxyProtocol = false;  // the connection began with a PROXY protocol header
    std::string_view host;          // the request's own host, with a port if it names one
    std::span<const HeaderField> headers;
};

// Empty if the client is on this machine; otherwise the reason, for the log. Proxies on this
// machine connect from a local address, too: the headers that they add show that the client is
// remote. An Origin with another host, or with another port if both have one, also counts as
// remote: a page of that origin sent the request through a browser on this machine.
std::string_view whyNotLocal(const ClientFacts& client);

}  // namespace private_image
