// The statuses and error numbers of Cloudflare Images.
#include "dialect/cloudflare/cloudflare.hpp"

namespace private_image::cloudflare {
namespace {

struct Row {
    Reason reason;
    int status;
    int error;  // of "Cf-Resized: err=N"; 0: no header
};

constexpr std::array<Row, reasonCount> table{{
    {Reason::publicImage, 200, 0},
    {Reason::signedUrl, 200, 0},
    {Reason::variant, 200, 0},

    {Reason::unsignedUrl, 403, 9425},
    {Reason::badSignature, 403, 9425},
    {Reason::expired, 403, 9425},
    {Reason::expiryTooFar, 403, 9425},

    {Reason::adhocOff, 403, 9429},
    {Reason::unknownVariant, 403, 9425},
    {Reason::badUrl, 403, 9426},
    {Reason::badOptions, 400, 9401},
    {Reason::method, 405, 0},

    {Reason::notFound, 404, 9431},
    {Reason::originRefused, 404, 9402},
    {Reason::originError, 502, 9402},
    {Reason::originTimeout, 504, 9402},

    {Reason::tooLarge, 413, 9402},
    {Reason::unsupportedType, 415, 9412},
    {Reason::damaged, 422, 9516},

    {Reason::outputTooLarge, 403, 9413},
    {Reason::busy, 503, 9522},
    {Reason::timeout, 504, 9522},
    {Reason::internal, 500, 0},
}};
static_assert(isInReasonOrder(table));

constexpr const Row& rowOf(Reason reason) {
    return table[static_cast<std::size_t>(reason)];
}

}  // namespace

int statusOf(Reason reason) {
    return rowOf(reason).status;
}

std::optional<ErrorHeader> errorHeaderOf(Reason reason) {
    const int error = rowOf(reason).error;
    return error == 0 ? std::nullopt
                      : std::optional(ErrorHeader{"Cf-Resized", "err=" + std::to_string(error)});
}

}  // namespace private_image::cloudflare
