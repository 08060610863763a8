// Whether a request comes from this machine itself: the rule of the endpoints that answer only to
// clients on this machine.
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

// Empty if the client is on this machine; else why not, for the log. Proxies on this machine
// connect from a local address, too: what they add to a request shows that it comes from elsewhere.
// So does an Origin that names another host, or another port where both name one: a page of that
// origin sent the request through a browser on this machine.
std::string_view whyNotLocal(const ClientFacts& client);

}  // namespace private_image
