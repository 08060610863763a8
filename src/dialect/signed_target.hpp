// The parameters of a raw request target, byte for byte as they were sent: nothing is decoded, so
// that what is verified is what arrived. Their names and the signed text are left to the dialects.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

#include "access/signature.hpp"

namespace private_image {

// How a dialect writes a signature into the query.
struct SignatureFormat {
    std::string_view digestName;
    std::size_t digestLength;  // hex digits
    std::string_view expiryName;
    std::size_t minExpiryDigits;  // decimal digits
    std::size_t maxExpiryDigits;  // at most 18, which always fit
};

// Everything of the claim but its signed text. Malformed where a digest is claimed and anything
// about it is not exactly as the format says. `expires` is 0 where no expiry stands.
SignatureClaim readClaim(std::string_view rawTarget, std::string_view prefix,
                         const SignatureFormat& format);

// The target without every occurrence of the named parameters; "?" goes when no parameter is left.
// Names are compared raw and case-sensitively. Empty parameters ("&&") stay, so that targets that
// differ in more than what is removed never become the same text.
std::string withoutRawParameters(std::string_view rawTarget,
                                 std::initializer_list<std::string_view> names);

// Calls `visit` with every parameter, empty ones included. A query with its "?" will do.
template <typename Visitor>
void forEachParameter(std::string_view rawTarget, Visitor visit) {
    std::size_t before = rawTarget.find('?');
    while (before != std::string_view::npos) {
        const std::size_t end = rawTarget.find('&', before + 1);
        visit(rawTarget.substr(before + 1, end - before - 1));
        before = end;
    }
}

// Why the format cannot sign such a URL; empty: it can. `expires` is 0 for never. A URL that has
// one of the parameters already, however it is spelled (in capitals, with escapes), cannot.
std::string signingError(std::string_view rawTarget, std::int64_t expires,
                         const SignatureFormat& format);

// The target with one more parameter.
std::string withParameter(std::string_view rawTarget, std::string_view name,
                          std::string_view value);

}  // namespace private_image
