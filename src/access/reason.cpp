// The table behind every refusal: reason to word, statuses, culprit, error codes and sentence.
// Log levels, headers and `private_image_denied_status` are left to the glue.
#include "access/reason.hpp"

#include <array>
#include <cstddef>

namespace private_image {
namespace {

struct Row {
    Reason reason;
    std::string_view word;
    int cloudflareStatus;
    int imagekitStatus;
    Fault fault;
    bool denial;
    int cloudflareCode;
    std::string_view imagekitCode;
    std::string_view sentence;
};

// A missing image and one that the origin refuses count as the client's: links that lead nowhere
// are everyday and must not fill the error log.
// clang-format off
constexpr std::array table{
    Row{Reason::publicImage, "public", 200, 200, Fault::none, false, 0, "",
        "The image is public."},
    Row{Reason::signedUrl, "signed", 200, 200, Fault::none, false, 0, "",
        "The signature is valid."},
    Row{Reason::variant, "variant", 200, 200, Fault::none, false, 0, "",
        "The variant is public."},

    Row{Reason::unsignedUrl, "unsigned", 403, 401, Fault::client, true, 9425, "",
        "A signature is required."},
    Row{Reason::badSignature, "bad_signature", 403, 401, Fault::client, true, 9425, "",
        "The signature is not valid."},
    Row{Reason::expired, "expired", 403, 401, Fault::client, true, 9425, "",
        "The signature has expired."},
    Row{Reason::expiryTooFar, "expiry_too_far", 403, 401, Fault::client, true, 9425, "",
        "The signature expires too late."},

    Row{Reason::adhocOff, "adhoc_off", 403, 400, Fault::client, true, 9429, "",
        "Only named variants are allowed."},
    Row{Reason::unknownVariant, "unknown_variant", 403, 400, Fault::client, true, 9425, "",
        "The variant does not exist."},
    Row{Reason::badUrl, "bad_url", 403, 400, Fault::client, false, 9426, "",
        "The URL is malformed."},
    Row{Reason::badOptions, "bad_options", 400, 400, Fault::client, false, 9401, "",
        "The transformation is malformed."},
    Row{Reason::method, "method", 405, 405, Fault::client, false, 0, "",
        "Only GET and HEAD are allowed."},

    Row{Reason::notFound, "not_found", 404, 404, Fault::client, false, 9431, "ENOENT",
        "The image was not found."},
    Row{Reason::originRefused, "origin_refused", 404, 404, Fault::client, false, 9402, "EACCES",
        "The origin refused the image."},
    Row{Reason::originError, "origin_error", 502, 502, Fault::origin, false, 9402, "ECONNREFUSED",
        "The origin failed to deliver the image."},
    Row{Reason::originTimeout, "origin_timeout", 504, 504, Fault::origin, false, 9402,
        "UNIDENTIFIED", "The origin did not answer in time."},

    Row{Reason::tooLarge, "too_large", 413, 413, Fault::limit, false, 9402, "ELIMIT",
        "The image is too large to be transformed."},
    Row{Reason::unsupportedType, "unsupported_type", 415, 415, Fault::origin, false, 9412,
        "UNIDENTIFIED", "The original is not an image of a supported type."},
    Row{Reason::damaged, "damaged", 422, 422, Fault::origin, false, 9516, "UNIDENTIFIED",
        "The original is damaged."},

    Row{Reason::outputTooLarge, "output_too_large", 403, 400, Fault::limit, false, 9413, "",
        "The result would be too large."},
    Row{Reason::busy, "busy", 503, 503, Fault::limit, false, 9522, "",
        "Too many images are waiting to be transformed."},
    Row{Reason::timeout, "timeout", 504, 504, Fault::limit, false, 9522, "",
        "The image could not be transformed in time."},
    Row{Reason::internal, "internal", 500, 500, Fault::ours, false, 0, "",
        "An internal error occurred."},
};
// clang-format on

constexpr bool rowsStandInOrder() {
    for (std::size_t i = 0; i < table.size(); ++i) {
        if (static_cast<std::size_t>(table[i].reason) != i) {
            return false;
        }
    }
    return true;
}

static_assert(table.size() == static_cast<std::size_t>(Reason::internal) + 1,
              "each reason has one row, and the last reason is the last row");
static_assert(rowsStandInOrder(), "rows stand in the order of the reasons");

constexpr const Row& rowOf(Reason reason) {
    return table[static_cast<std::size_t>(reason)];
}

}  // namespace

std::string_view reasonWord(Reason reason) {
    return rowOf(reason).word;
}

int statusOf(Reason reason, Dialect dialect) {
    const Row& row = rowOf(reason);
    return dialect == Dialect::cloudflare ? row.cloudflareStatus : row.imagekitStatus;
}

Fault faultOf(Reason reason) {
    return rowOf(reason).fault;
}

bool isDenial(Reason reason) {
    return rowOf(reason).denial;
}

int cloudflareErrorCode(Reason reason) {
    return rowOf(reason).cloudflareCode;
}

std::string_view imagekitErrorCode(Reason reason) {
    return rowOf(reason).imagekitCode;
}

std::string_view reasonSentence(Reason reason) {
    return rowOf(reason).sentence;
}

}  // namespace private_image
