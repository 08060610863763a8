// Signature parameters of a raw request target. Nothing is decoded: the signature is verified over
// the bytes that were sent.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

#include "access/signature.hpp"

namespace private_image {

// The format of a dialect's signature in the query.
struct SignatureFormat {
    std::string_view digestName;
    std::size_t digestLength;  // hex digits
    std::string_view expiryName;
    std::size_t minExpiryDigits;  // decimal digits
    std::size_t maxExpiryDigits;  // at most 18, which fit into 64 bits
};

// Reads the claim, except its signed text. Malformed if there is a digest parameter, and anything
// deviates from the format. `expires` is 0 without an expiry.
SignatureClaim readClaim(std::string_view rawTarget, std::string_view prefix,
                         const SignatureFormat& format);

// Removes every occurrence of the named parameters, and the "?" if no parameter remains. Names are
// compared raw and case-sensitively. Empty parameters ("&&") remain, so that targets that differ in
// other parts never become equal.
std::string withoutRawParameters(std::string_view rawTarget,
                                 std::initializer_list<std::string_view> names);

// Calls `visit` with every parameter, also with empty ones. `rawTarget` may be a query with its
// "?".
template <typename Visitor>
void forEachParameter(std::string_view rawTarget, Visitor visit) {
    std::size_t before = rawTarget.find('?');
    while (before != std::string_view::npos) {
        const std::size_t end = rawTarget.find('&', before + 1);
        visit(rawTarget.substr(before + 1, end - before - 1));
        before = end;
    }
}

// Returns why the URL cannot be signed in this format, or an empty text. `expires` is 0 for never.
// A URL that already has one of the parameters, in any spelling (capitals, escapes), is refused.
std::string signingError(std::string_view rawTarget, std::int64_t expires,
                         const SignatureFormat& format);

// Appends a parameter to the target.
std::string withParameter(std::string_view rawTarget, std::string_view name,
                          std::string_view value);

}  // namespace private_image
