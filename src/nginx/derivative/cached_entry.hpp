// What an entry of the cache is worth to a request, by all that is known of its sources. Fetches
// and sends nothing.
#pragma once

#include <string>

#include "nginx/request/request.hpp"

namespace private_image {

// The key of what is asked for: identity, origin URI, and every resolved input.
std::string cacheKey(const RequestContext& context);

// Joins what the entry found says of every source with what the memory says. False: the entry is of
// no use.
bool joinKnowledge(RequestContext& context);

// What is known of what an entry was made of, once `later` was read. Without a revision nobody can
// say that it is still the same: then nothing that is said later opens or prolongs it.
OriginState confirmedBy(const OriginState& kept, const OriginState& later);

// True if every source may be relied on without asking the origin.
bool isWholeConfirmed(const RequestContext& context);

bool isConfirmed(const RequestContext& context, const Source& source);

// Judges one source by what is known of it.
KnownJudgement judgeSource(const RequestContext& context, const Source& source);

// Judges every source; an unreliable mark is unknown. The first refusal is the whole answer's.
Decision judge(RequestContext& context);

// True if the original's mark, as far as it may be relied on, refuses this request.
bool isOriginalDenied(const RequestContext& context);

bool hasReliableMarks(const RequestContext& context);

}  // namespace private_image
