#include "nginx/request/request_counting.hpp"

#include "nginx/request/request.hpp"
#include "nginx/shared_memory/counters.hpp"

namespace private_image {
namespace {

std::string_view variantOf(const RequestContext& context) {
    const Variants& variants = context.gate.variants;
    const auto variant =
        context.target.parsed ? variants.find(context.target.parsed->variant) : variants.end();
    return variant == variants.end() ? std::string_view() : std::string_view(variant->first);
}

}  // namespace

void countRequest(const RequestContext& context) {
    const RequestContext* refused = refusalOf(context);
    const RequestContext& answered = refused != nullptr ? *refused : context;
    const int key = context.access.signature.key;
    count(RequestFigures{
        .dialect = answered.gate.dialect,
        .reason = answered.access.reason,
        .variant = variantOf(context),
        .key = key >= 0 ? context.gate.keys.nameOf(key) : std::string_view(),
        .cacheStatus = context.facts.cacheStatus,
        .output = context.access.isRefused ? std::nullopt : context.facts.outputFormat,
        .sentBytes = static_cast<std::uint64_t>(context.r->connection->sent)});
    if (context.delivery) {
        for (const ngx_msec_t time : context.delivery->originTimes()) {
            observe(&Counters::originSeconds, time);
        }
    }
}

}  // namespace private_image
