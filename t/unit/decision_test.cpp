// The access decision for every combination of request kind, mark, signature and policy.
#include "access/decision.hpp"

#include <gtest/gtest.h>

#include <array>
#include <sstream>
#include <string>
#include <string_view>

namespace private_image {
namespace {

// The five signatures, in the order of the columns below.
const std::array<SignatureVerdict, 5> signatures{{
    {.signature = Signature::none},
    {.signature = Signature::valid, .expires = 2000000000, .key = 0},
    {.signature = Signature::bad},
    {.signature = Signature::expired, .expires = 1000000000, .key = 0},
    {.signature = Signature::bad, .expiryTooFar = true, .expires = 9000000000, .key = 0},
}};

// The reasons for the five signatures. "public", "signed" and "variant" allow, all others refuse.
using Reasons = std::array<std::string_view, 5>;

constexpr Reasons open{"public", "public", "public", "public", "public"};
constexpr Reasons byVariant{"variant", "variant", "variant", "variant", "variant"};
constexpr Reasons needsValid{"unsigned", "signed", "bad_signature", "expired", "expiry_too_far"};
constexpr Reasons never{"adhoc_off", "adhoc_off", "adhoc_off", "adhoc_off", "adhoc_off"};
constexpr Reasons neverButSignatureFirst{"unsigned", "adhoc_off", "bad_signature", "expired",
                                         "expiry_too_far"};

struct Row {
    std::string_view signature;  // private_image_signature
    std::string_view adhoc;      // private_image_adhoc
    std::string_view requestKind;
    std::string_view mark;
    Reasons reasons;
};

// clang-format off
const Row table[] = {
    {"private", "on",     "original",       "public",  open},
    {"private", "on",     "original",       "private", needsValid},
    {"private", "on",     "original",       "unknown", needsValid},
    {"private", "on",     "public variant", "public",  open},
    {"private", "on",     "public variant", "private", byVariant},
    {"private", "on",     "public variant", "unknown", byVariant},
    {"private", "on",     "signed variant", "public",  open},
    {"private", "on",     "signed variant", "private", needsValid},
    {"private", "on",     "signed variant", "unknown", needsValid},
    {"private", "on",     "ad-hoc",         "public",  open},
    {"private", "on",     "ad-hoc",         "private", needsValid},
    {"private", "on",     "ad-hoc",         "unknown", needsValid},

    {"private", "signed", "original",       "public",  open},
    {"private", "signed", "original",       "private", needsValid},
    {"private", "signed", "original",       "unknown", needsValid},
    {"private", "signed", "public variant", "public",  open},
    {"private", "signed", "public variant", "private", byVariant},
    {"private", "signed", "public variant", "unknown", byVariant},
    {"private", "signed", "signed variant", "public",  open},
    {"private", "signed", "signed variant", "private", needsValid},
    {"private", "signed", "signed variant", "unknown", needsValid},
    {"private", "signed", "ad-hoc",         "public",  needsValid},
    {"private", "signed", "ad-hoc",         "private", needsValid},
    {"private", "signed", "ad-hoc",         "unknown", needsValid},

    {"private", "public", "original",       "public",  open},
    {"private", "public", "original",       "private", needsValid},
    {"private", "public", "original",       "unknown", needsValid},
    {"private", "public", "public variant", "public",  open},
    {"private", "public", "public variant", "private", byVariant},
    {"private", "public", "public variant", "unknown", byVariant},
    {"private", "public", "signed variant", "public",  open},
    {"private", "public", "signed variant", "private", needsValid},
    {"private", "public", "signed variant", "unknown", needsValid},
    {"private", "public", "ad-hoc",         "public",  open},
    {"private", "public", "ad-hoc",         "private", never},
    {"private", "public", "ad-hoc",         "unknown", never},

    {"private", "off",    "original",       "public",  open},
    {"private", "off",    "original",       "private", needsValid},
    {"private", "off",    "original",       "unknown", needsValid},
    {"private", "off",    "public variant", "public",  open},
    {"private", "off",    "public variant", "private", byVariant},
    {"private", "off",    "public variant", "unknown", byVariant},
    {"private", "off",    "signed variant", "public",  open},
    {"private", "off",    "signed variant", "private", needsValid},
    {"private", "off",    "signed variant", "unknown", needsValid},
    {"private", "off",    "ad-hoc",         "public",  never},
    {"private", "off",    "ad-hoc",         "private", never},
    {"private", "off",    "ad-hoc",         "unknown", never},

    {"always",  "on",     "original",       "public",  needsValid},
    {"always",  "on",     "original",       "private", needsValid},
    {"always",  "on",     "original",       "unknown", needsValid},
    {"always",  "on",     "public variant", "public",  needsValid},
    {"always",  "on",     "public variant", "private", needsValid},
    {"always",  "on",     "public variant", "unknown", needsValid},
    {"always",  "on",     "signed variant", "public",  needsValid},
    {"always",  "on",     "signed variant", "private", needsValid},
    {"always",  "on",     "signed variant", "unknown", needsValid},
    {"always",  "on",     "ad-hoc",         "public",  needsValid},
    {"always",  "on",     "ad-hoc",         "private", needsValid},
    {"always",  "on",     "ad-hoc",         "unknown", needsValid},

    {"always",  "signed", "original",       "public",  needsValid},
    {"always",  "signed", "original",       "private", needsValid},
    {"always",  "signed", "original",       "unknown", needsValid},
    {"always",  "signed", "public variant", "public",  needsValid},
    {"always",  "signed", "public variant", "private", needsValid},
    {"always",  "signed", "public variant", "unknown", needsValid},
    {"always",  "signed", "signed variant", "public",  needsValid},
    {"always",  "signed", "signed variant", "private", needsValid},
    {"always",  "signed", "signed variant", "unknown", needsValid},
    {"always",  "signed", "ad-hoc",         "public",  needsValid},
    {"always",  "signed", "ad-hoc",         "private", needsValid},
    {"always",  "signed", "ad-hoc",         "unknown", needsValid},

    {"always",  "public", "original",       "public",  needsValid},
    {"always",  "public", "original",       "private", needsValid},
    {"always",  "public", "original",       "unknown", needsValid},
    {"always",  "public", "public variant", "public",  needsValid},
    {"always",  "public", "public variant", "private", needsValid},
    {"always",  "public", "public variant", "unknown", needsValid},
    {"always",  "public", "signed variant", "public",  needsValid},
    {"always",  "public", "signed variant", "private", needsValid},
    {"always",  "public", "signed variant", "unknown", needsValid},
    {"always",  "public", "ad-hoc",         "public",  needsValid},
    {"always",  "public", "ad-hoc",         "private", neverButSignatureFirst},
    {"always",  "public", "ad-hoc",         "unknown", neverButSignatureFirst},

    {"always",  "off",    "original",       "public",  needsValid},
    {"always",  "off",    "original",       "private", needsValid},
    {"always",  "off",    "original",       "unknown", needsValid},
    {"always",  "off",    "public variant", "public",  needsValid},
    {"always",  "off",    "public variant", "private", needsValid},
    {"always",  "off",    "public variant", "unknown", needsValid},
    {"always",  "off",    "signed variant", "public",  needsValid},
    {"always",  "off",    "signed variant", "private", needsValid},
    {"always",  "off",    "signed variant", "unknown", needsValid},
    {"always",  "off",    "ad-hoc",         "public",  neverButSignatureFirst},
    {"always",  "off",    "ad-hoc",         "private", neverButSignatureFirst},
    {"always",  "off",    "ad-hoc",         "unknown", neverButSignatureFirst},
};
// clang-format on

RequestKind requestKindOf(const Row& row) {
    return row.requestKind == "original"         ? RequestKind::original
           : row.requestKind == "public variant" ? RequestKind::publicVariant
           : row.requestKind == "signed variant" ? RequestKind::signedVariant
                                                 : RequestKind::adhoc;
}

Mark markOf(const Row& row) {
    return row.mark == "public"    ? Mark::publicImage
           : row.mark == "private" ? Mark::privateImage
                                   : Mark::unknown;
}

AccessPolicy policyOf(const Row& row) {
    const Adhoc adhoc = row.adhoc == "on"       ? Adhoc::on
                        : row.adhoc == "signed" ? Adhoc::withSignature
                        : row.adhoc == "public" ? Adhoc::publicOnly
                                                : Adhoc::off;
    return {.signatureAlways = row.signature == "always", .adhoc = adhoc};
}

bool allows(std::string_view word) {
    return word == "public" || word == "signed" || word == "variant";
}

std::string describe(const Row& row, std::size_t column) {
    std::ostringstream text;
    text << "private_image_signature " << row.signature << ", private_image_adhoc " << row.adhoc
         << ", " << row.requestKind << " of an image marked " << row.mark << ", signature "
         << column;
    return text.str();
}

TEST(Decision, TheTableIsComplete) {
    EXPECT_EQ(std::size(table), 2u * 4u * 4u * 3u);
    for (const Row& a : table) {
        int same = 0;
        for (const Row& b : table) {
            same += requestKindOf(a) == requestKindOf(b) && markOf(a) == markOf(b) &&
                    policyOf(a).adhoc == policyOf(b).adhoc &&
                    policyOf(a).signatureAlways == policyOf(b).signatureAlways;
        }
        EXPECT_EQ(same, 1) << describe(a, 0);
    }
}

TEST(Decision, EqualsTheTable) {
    for (const Row& row : table) {
        for (std::size_t i = 0; i < signatures.size(); ++i) {
            const Decision decision =
                decide(requestKindOf(row), markOf(row), signatures[i], policyOf(row));
            EXPECT_EQ(reasonWord(decision.reason), row.reasons[i]) << describe(row, i);
            EXPECT_EQ(decision.allowed, allows(row.reasons[i])) << describe(row, i);
        }
    }
}

// An early refusal has the final reason for every mark.
TEST(Decision, EarlyRefusalsAgreeWithTheTable) {
    for (const Row& row : table) {
        for (std::size_t i = 0; i < signatures.size(); ++i) {
            SCOPED_TRACE(describe(row, i));
            const auto early = refuseBeforeMark(requestKindOf(row), signatures[i], policyOf(row));
            if (early) {
                EXPECT_FALSE(early->allowed);
                EXPECT_EQ(reasonWord(early->reason), row.reasons[i]);
            }
            const auto earliest = refuseBeforeUrl(signatures[i], policyOf(row));
            if (earliest) {
                ASSERT_TRUE(early);
                EXPECT_EQ(earliest->reason, early->reason);
                EXPECT_FALSE(earliest->allowed);
            }
        }
    }
}

// A request that would be refused even for a public image is refused before the mark is read, so
// that the origin gets no request.
TEST(Decision, RefusalsForPublicImagesArePossibleBeforeTheMark) {
    for (const Row& row : table) {
        if (markOf(row) != Mark::publicImage) {
            continue;
        }
        for (std::size_t i = 0; i < signatures.size(); ++i) {
            const auto early = refuseBeforeMark(requestKindOf(row), signatures[i], policyOf(row));
            EXPECT_EQ(early.has_value(), !allows(row.reasons[i])) << describe(row, i);
        }
    }
}

TEST(Decision, WithSignatureAlwaysAMissingSignatureIsRefusedBeforeTheUrl) {
    const AccessPolicy always{.signatureAlways = true};
    EXPECT_EQ(refuseBeforeUrl(signatures[0], always)->reason, Reason::unsignedUrl);
    EXPECT_FALSE(refuseBeforeUrl(signatures[1], always));
    EXPECT_EQ(refuseBeforeUrl(signatures[2], always)->reason, Reason::badSignature);
    EXPECT_EQ(refuseBeforeUrl(signatures[3], always)->reason, Reason::expired);
    EXPECT_EQ(refuseBeforeUrl(signatures[4], always)->reason, Reason::expiryTooFar);
    for (const SignatureVerdict& signature : signatures) {
        EXPECT_FALSE(refuseBeforeUrl(signature, {.adhoc = Adhoc::off}));
    }
}

// The source is sent in place of a result only if the client may get the original.
TEST(Decision, SendingTheSourceNeedsTheRequestAndTheOriginalAllowed) {
    for (const Row& row : table) {
        for (std::size_t i = 0; i < signatures.size(); ++i) {
            SCOPED_TRACE(describe(row, i));
            const Decision transformed =
                decide(requestKindOf(row), markOf(row), signatures[i], policyOf(row));
            const Decision original =
                decide(RequestKind::original, markOf(row), signatures[i], policyOf(row));
            const Decision both =
                decideUntransformed(requestKindOf(row), markOf(row), signatures[i], policyOf(row));
            const bool isHidden = requestKindOf(row) == RequestKind::publicVariant &&
                                  markOf(row) != Mark::publicImage;
            EXPECT_EQ(both.allowed, transformed.allowed && original.allowed && !isHidden);
            if (!transformed.allowed) {
                EXPECT_EQ(both.reason, transformed.reason);
            } else if (!both.allowed) {
                EXPECT_EQ(both.reason, Reason::unsupportedType);
            } else {
                const bool neededSignature =
                    transformed.reason == Reason::signedUrl || original.reason == Reason::signedUrl;
                EXPECT_EQ(both.reason, neededSignature ? Reason::signedUrl : Reason::publicImage);
            }
        }
    }
}

TEST(Decision, ADefaultDecisionRefuses) {
    EXPECT_FALSE(Decision{}.allowed);
}

}  // namespace
}  // namespace private_image
