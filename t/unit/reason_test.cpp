// Reasons: the published table of words, statuses and codes, row by row.
#include "access/reason.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "dialect/dialect.hpp"

namespace private_image {
namespace {

struct Published {
    Reason reason;
    std::string_view word;
    int cloudflareStatus;
    int imagekitStatus;
    Fault fault;
    bool denial;
    int cloudflareCode;
    std::string_view imagekitCode;
};

const std::vector<Published> published{
    {Reason::publicImage, "public", 200, 200, Fault::none, false, 0, ""},
    {Reason::signedUrl, "signed", 200, 200, Fault::none, false, 0, ""},
    {Reason::variant, "variant", 200, 200, Fault::none, false, 0, ""},
    {Reason::unsignedUrl, "unsigned", 403, 401, Fault::client, true, 9425, ""},
    {Reason::badSignature, "bad_signature", 403, 401, Fault::client, true, 9425, ""},
    {Reason::expired, "expired", 403, 401, Fault::client, true, 9425, ""},
    {Reason::expiryTooFar, "expiry_too_far", 403, 401, Fault::client, true, 9425, ""},
    {Reason::adhocOff, "adhoc_off", 403, 400, Fault::client, true, 9429, ""},
    {Reason::unknownVariant, "unknown_variant", 403, 400, Fault::client, true, 9425, ""},
    {Reason::badUrl, "bad_url", 403, 400, Fault::client, false, 9426, ""},
    {Reason::badOptions, "bad_options", 400, 400, Fault::client, false, 9401, ""},
    {Reason::method, "method", 405, 405, Fault::client, false, 0, ""},
    {Reason::notFound, "not_found", 404, 404, Fault::client, false, 9431, "ENOENT"},
    {Reason::originRefused, "origin_refused", 404, 404, Fault::client, false, 9402, "EACCES"},
    {Reason::originError, "origin_error", 502, 502, Fault::origin, false, 9402, "ECONNREFUSED"},
    {Reason::originTimeout, "origin_timeout", 504, 504, Fault::origin, false, 9402, "UNIDENTIFIED"},
    {Reason::tooLarge, "too_large", 413, 413, Fault::limit, false, 9402, "ELIMIT"},
    {Reason::unsupportedType, "unsupported_type", 415, 415, Fault::origin, false, 9412,
     "UNIDENTIFIED"},
    {Reason::damaged, "damaged", 422, 422, Fault::origin, false, 9516, "UNIDENTIFIED"},
    {Reason::outputTooLarge, "output_too_large", 403, 400, Fault::limit, false, 9413, ""},
    {Reason::busy, "busy", 503, 503, Fault::limit, false, 9522, ""},
    {Reason::timeout, "timeout", 504, 504, Fault::limit, false, 9522, ""},
    {Reason::internal, "internal", 500, 500, Fault::internal, false, 0, ""},
};

// An empty value: no header.
void expectHeader(const std::optional<ErrorHeader>& header, std::string_view name,
                  const std::string& value) {
    ASSERT_EQ(header.has_value(), !value.empty());
    if (header) {
        EXPECT_EQ(header->name, name);
        EXPECT_EQ(header->value, value);
    }
}

TEST(Reason, EveryReasonIsPublished) {
    ASSERT_EQ(published.size(), static_cast<std::size_t>(Reason::internal) + 1);
}

TEST(Reason, MeansWhatIsPublished) {
    for (const Published& row : published) {
        SCOPED_TRACE(row.word);
        EXPECT_EQ(reasonWord(row.reason), row.word);
        EXPECT_EQ(statusOf(row.reason, Dialect::cloudflare), row.cloudflareStatus);
        EXPECT_EQ(statusOf(row.reason, Dialect::imagekit), row.imagekitStatus);
        EXPECT_EQ(faultOf(row.reason), row.fault);
        EXPECT_EQ(isDenial(row.reason), row.denial);
        expectHeader(errorHeaderOf(row.reason, Dialect::cloudflare), "Cf-Resized",
                     row.cloudflareCode == 0 ? "" : "err=" + std::to_string(row.cloudflareCode));
        expectHeader(errorHeaderOf(row.reason, Dialect::imagekit), "ik-error",
                     row.imagekitCode.empty() ? ""
                                              : std::string(row.imagekitCode) + " - " +
                                                    std::string(reasonSentence(row.reason)));
    }
}

TEST(Reason, WordsAreDistinctAndSentencesAreSentences) {
    std::set<std::string_view> words;
    for (const Published& row : published) {
        SCOPED_TRACE(row.word);
        EXPECT_TRUE(words.insert(reasonWord(row.reason)).second);
        const std::string_view sentence = reasonSentence(row.reason);
        ASSERT_FALSE(sentence.empty());
        EXPECT_TRUE(sentence.front() >= 'A' && sentence.front() <= 'Z');
        EXPECT_EQ(sentence.back(), '.');
    }
}

TEST(Reason, NoDenialRevealsThatAnImageExistsOrIsPrivate) {
    for (const Published& row : published) {
        if (row.denial) {
            EXPECT_EQ(reasonSentence(row.reason).find("private"), std::string_view::npos);
            EXPECT_EQ(reasonSentence(row.reason).find("image"), std::string_view::npos);
        }
    }
}

}  // namespace
}  // namespace private_image
