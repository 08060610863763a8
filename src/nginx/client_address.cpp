// 127.0.0.0/8, also as IPv6 writes it, ::1, and unix sockets.
#include "nginx/client_address.hpp"

namespace private_image {
namespace {

bool isLoopback(const in6_addr& address) {
    return IN6_IS_ADDR_LOOPBACK(&address) ||
           (IN6_IS_ADDR_V4MAPPED(&address) && address.s6_addr[12] == 127);
}

}  // namespace

bool isLocalClient(ngx_http_request_t* r) {
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

}  // namespace private_image
