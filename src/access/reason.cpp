#include "access/reason.hpp"

namespace private_image {
namespace {

struct Row {
    Reason reason;
    std::string_view word;
    Fault fault;
    bool denial;
    std::string_view sentence;
};

// A missing image, and one that the origin refuses, are the client's fault: dead links are common
// and must not fill the error log.
constexpr std::array<Row, reasonCount> table{{
    {Reason::publicImage, "public", Fault::none, false, "The image is public."},
    {Reason::signedUrl, "signed", Fault::none, false, "The signature is valid."},
    {Reason::variant, "variant", Fault::none, false, "The variant is public."},

    {Reason::unsignedUrl, "unsigned", Fault::client, true, "A signature is required."},
    {Reason::badSignature, "bad_signature", Fault::client, true, "The signature is not valid."},
    {Reason::expired, "expired", Fault::client, true, "The signature has expired."},
    {Reason::expiryTooFar, "expiry_too_far", Fault::client, true,
     "The signature expires too late."},

    {Reason::adhocOff, "adhoc_off", Fault::client, true, "Only named variants are allowed."},
    {Reason::unknownVariant, "unknown_variant", Fault::client, true, "The variant does not exist."},
    {Reason::badUrl, "bad_url", Fault::client, false, "The URL is malformed."},
    {Reason::badOptions, "bad_options", Fault::client, false, "The transformation is malformed."},
    {Reason::method, "method", Fault::client, false, "Only GET and HEAD are allowed."},

    {Reason::notFound, "not_found", Fault::client, false, "The image was not found."},
    {Reason::originRefused, "origin_refused", Fault::client, false,
     "The origin refused the image."},
    {Reason::originError, "origin_error", Fault::origin, false,
     "The origin failed to deliver the image."},
    {Reason::originTimeout, "origin_timeout", Fault::origin, false,
     "The origin did not answer in time."},

    {Reason::tooLarge, "too_large", Fault::limit, false,
     "The image is too large to be transformed."},
    {Reason::unsupportedType, "unsupported_type", Fault::origin, false,
     "The original is not an image of a supported type."},
    {Reason::damaged, "damaged", Fault::origin, false, "The original is damaged."},

    {Reason::outputTooLarge, "output_too_large", Fault::limit, false,
     "The result would be too large."},
    {Reason::busy, "busy", Fault::limit, false, "Too many images are waiting to be transformed."},
    {Reason::timeout, "timeout", Fault::limit, false,
     "The image could not be transformed in time."},
    {Reason::internal, "internal", Fault::internal, false, "An internal error occurred."},
}};
static_assert(isInReasonOrder(table), "one row for each reason, in their order");

constexpr const Row& rowOf(Reason reason) {
    return table[static_cast<std::size_t>(reason)];
}

}  // namespace

std::string_view reasonWord(Reason reason) {
    return rowOf(reason).word;
}

Fault faultOf(Reason reason) {
    return rowOf(reason).fault;
}

bool isDenial(Reason reason) {
    return rowOf(reason).denial;
}

std::string_view reasonSentence(Reason reason) {
    return rowOf(reason).sentence;
}

}  // namespace private_image
