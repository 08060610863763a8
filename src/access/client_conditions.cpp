#include "access/client_conditions.hpp"

namespace private_image {

bool confirmsOnlyKnown(const ClientConditions& conditions, const OriginState* known,
                       std::uint32_t policyDigest) {
    if (known == nullptr || !known->revision.isKnown() || known->policyDigest != policyDigest) {
        return false;
    }
    const Revision& revision = known->revision;
    if (conditions.ifNoneMatch) {  // overrides If-Modified-Since (RFC 9110, 13.1.3)
        return revision.etag != 0 && revisionOf(*conditions.ifNoneMatch, -1).etag == revision.etag;
    }
    return conditions.ifModifiedSince && revision.lastModified != -1 &&
           *conditions.ifModifiedSince == revision.lastModified;
}

bool mayPassConditions(const ClientConditions& conditions, const RequestAccess& access,
                       const JudgedImage& image, Milliseconds now) {
    if (access.signature.signature == Signature::valid) {
        return true;
    }
    const bool isMarkKnown =
        image.known != nullptr && judgeKnown(access, image, now).mark != Mark::unknown;
    const bool mayConfirm = conditions.ifNoneMatch || conditions.ifModifiedSince;
    const bool mayFail = conditions.hasIfMatch || conditions.hasIfUnmodifiedSince;
    return isMarkKnown && !mayFail &&
           (!mayConfirm || confirmsOnlyKnown(conditions, image.known, access.policyDigest));
}

}  // namespace private_image
