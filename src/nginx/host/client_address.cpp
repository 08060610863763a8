// Local addresses are 127.0.0.0/8, also mapped into IPv6, ::1, and unix sockets.
#include "nginx/host/client_address.hpp"

#include <vector>

#include "access/local_client.hpp"
#include "nginx/host/pool.hpp"

namespace private_image {
namespace {

bool isLoopback(const in6_addr& address) {
    return IN6_IS_ADDR_LOOPBACK(&address) ||
           (IN6_IS_ADDR_V4MAPPED(&address) && address.s6_addr[12] == 127);
}

bool hasLocalAddress(ngx_http_request_t* r) {
    const sockaddr& client = *r->connection->sockaddr;
    switch (client.sa_family) {
        case AF_UNIX:
            return true;
        case AF_INET:
            return ntohl(reinterpret_cast<const sockaddr_in&>(client).sin_addr.s_addr) >> 24 == 127;
        case AF_INET6:
            return isLoopback(reinterpret_cast<const sockaddr_in6&>(client).sin6_addr);
        default:
            return false;
    }
}

// HTTP/3 has no Host header, only the authority of the request.
std::string_view ownHost(ngx_http_request_t* r) {
    if (r->headers_in.host != nullptr) {
        return view(r->headers_in.host->value);
    }
    return r->host_start == nullptr || r->host_end == nullptr
               ? std::string_view()
               : std::string_view(reinterpret_cast<const char*>(r->host_start),
                                  static_cast<std::size_t>(r->host_end - r->host_start));
}

}  // namespace

std::string_view whyNotLocal(ngx_http_request_t* r) {
    std::vector<HeaderField> headers;
    forEach<ngx_table_elt_t>(r->headers_in.headers, [&](const ngx_table_elt_t& header) {
        headers.push_back({view(header.key), view(header.value)});
        return true;
    });
    return whyNotLocal(ClientFacts{.hasLocalAddress = hasLocalAddress(r),
                                   .hasProxyProtocol = r->connection->proxy_protocol != nullptr,
                                   .host = ownHost(r),
                                   .headers = headers});
}

bool isForwardedLocally(ngx_http_request_t* r) {
    return hasLocalAddress(r) && !whyNotLocal(r).empty();
}

}  // namespace private_image
