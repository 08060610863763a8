// The statuses and error codes of ImageKit.
#include "dialect/imagekit/imagekit.hpp"

namespace private_image::imagekit {
namespace {

struct Row {
    Reason reason;
    int status;
    std::string_view code;  // of "ik-error: CODE - text"; empty: no header
};

constexpr std::array<Row, reasonCount> table{{
    {Reason::publicImage, 200, ""},
    {Reason::signedUrl, 200, ""},
    {Reason::variant, 200, ""},

    {Reason::unsignedUrl, 401, ""},
    {Reason::badSignature, 401, ""},
    {Reason::expired, 401, ""},
    {Reason::expiryTooFar, 401, ""},

    {Reason::adhocOff, 400, ""},
    {Reason::unknownVariant, 400, ""},
    {Reason::badUrl, 400, ""},
    {Reason::badOptions, 400, ""},
    {Reason::method, 405, ""},

    {Reason::notFound, 404, "ENOENT"},
    {Reason::originRefused, 404, "EACCES"},
    {Reason::originError, 502, "ECONNREFUSED"},
    {Reason::originTimeout, 504, "UNIDENTIFIED"},

    {Reason::tooLarge, 413, "ELIMIT"},
    {Reason::unsupportedType, 415, "UNIDENTIFIED"},
    {Reason::damaged, 422, "UNIDENTIFIED"},

    {Reason::outputTooLarge, 400, ""},
    {Reason::busy, 503, ""},
    {Reason::timeout, 504, ""},
    {Reason::internal, 500, ""},
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
    const std::string_view code = rowOf(reason).code;
    if (code.empty()) {
        return std::nullopt;
    }
    return ErrorHeader{"ik-error", std::string(code) + " - " + std::string(reasonSentence(reason))};
}

}  // namespace private_image::imagekit
