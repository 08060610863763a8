#include "access/host_name.hpp"

#include "base/ascii.hpp"

namespace private_image {

bool namesHost(std::string_view header, std::string_view taken) {
    const std::size_t bracket = header.starts_with('[') ? header.find(']') : 0;  // an IPv6 address
    std::string_view host = header.substr(0, header.find(':', bracket));
    if (host.ends_with('.')) {
        host.remove_suffix(1);
    }
    return equalsIgnoringCase(host, taken);
}

}  // namespace private_image
