// Which conditions of a client (If-None-Match and the like) may reach the origin of an original. An
// answer to a condition has no image in it, and often no mark either.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "access/image_judgement.hpp"
#include "image_state/origin_state.hpp"

namespace private_image {

// Empty: the client did not send that header.
struct ClientConditions {
    std::optional<std::string_view> ifNoneMatch;
    std::optional<std::int64_t> ifModifiedSince;  // seconds since the epoch; -1: unparsable
    bool hasIfMatch = false;
    bool hasIfUnmodifiedSince = false;
};

// True if a 304 for these conditions can confirm nothing but the revision of `known` (null: nothing
// is known), whose mark was read by the policy with this digest.
bool confirmsOnlyKnown(const ClientConditions& conditions, const OriginState* known,
                       std::uint32_t policyDigest);

// True if the conditions may reach the origin: with a valid signature, which sees private images
// too; else where the mark is known, and a 304 could only be about the image that has that mark.
// If-Match and If-Unmodified-Since fail for images of any other revision, so they need a signature.
bool mayPassConditions(const ClientConditions& conditions, const RequestAccess& access,
                       const JudgedImage& image, Milliseconds now);

}  // namespace private_image
