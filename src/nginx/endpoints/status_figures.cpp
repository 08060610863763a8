#include "nginx/endpoints/status_figures.hpp"

#include "dialect/dialect.hpp"
#include "nginx/config/location_config.hpp"
#include "nginx/host/pool.hpp"
#include "nginx/shared_memory/shared_zone.hpp"
#include "transform/canonical.hpp"

namespace private_image {
namespace {

using Kind = Figure::Kind;

Figure plain(Kind kind, std::string_view name, std::string_view help, std::uint64_t value) {
    return {kind, name, help, {{{}, {value}}}};
}

Figure plainTime(std::string_view name, std::string_view help, std::uint64_t milliseconds) {
    return {Kind::gauge, name, help, {{{}, {milliseconds, true}}}};
}

Figure requestFigure(const Counters& counters) {
    Figure figure{Kind::counter, "requests_total", "Requests by dialect and reason"};
    for (const Dialect dialect : allDialects) {
        const auto& ofDialect = counters.requests[static_cast<std::size_t>(dialect)];
        for (std::size_t i = 0; i < ofDialect.size(); i++) {
            const std::string reason(reasonWord(static_cast<Reason>(i)));
            figure.samples.push_back(
                {{{"dialect", dialectName(dialect)}, {"reason", reason}}, {ofDialect[i]}});
        }
    }
    return figure;
}

Figure uploadFigure(const Counters& counters) {
    Figure figure{Kind::counter, "uploads_total", "Uploads by dialect and outcome"};
    for (const Dialect dialect : allDialects) {
        const auto& ofDialect = counters.uploads[static_cast<std::size_t>(dialect)];
        for (std::size_t i = 0; i < ofDialect.size(); i++) {
            const std::string outcome(upload::outcomeWord(static_cast<upload::Outcome>(i)));
            figure.samples.push_back(
                {{{"dialect", dialectName(dialect)}, {"outcome", outcome}}, {ofDialect[i]}});
        }
    }
    return figure;
}

Figure namedFigure(const Counters& counters, Labelled kind, std::string_view name,
                   std::string_view help, std::string_view label) {
    Figure figure{Kind::counter, name, help};
    for (const NamedCounter* one = counters.named; one != nullptr; one = one->next) {
        if (one->kind == kind) {
            figure.samples.push_back({{{label, printableLabel(one->name())}}, {one->value}});
        }
    }
    return figure;
}

Figure cacheStatusFigure(const Counters& counters) {
    Figure figure{Kind::counter, "cache_requests_total",
                  "Derivatives asked for, by status of the cache"};
    for (std::size_t i = 0; i < counters.cacheStatuses.size(); i++) {
        figure.samples.push_back({{{"status", std::string(view(ngx_http_cache_status[i]))}},
                                  {counters.cacheStatuses[i]}});
    }
    return figure;
}

Figure outputFigure(const Counters& counters) {
    Figure figure{Kind::counter, "derivatives_total", "Derivatives answered, by type"};
    for (std::size_t i = 0; i < counters.outputs.size(); i++) {
        figure.samples.push_back(
            {{{"type", std::string(formatName(static_cast<Format>(i)))}}, {counters.outputs[i]}});
    }
    return figure;
}

Figure histogramFigure(std::string_view name, std::string_view help, const Histogram& histogram) {
    Distribution all{};
    for (std::size_t i = 0; i < all.upTo.size(); i++) {
        all.count += histogram.buckets[i];
        all.upTo[i] = all.count;
    }
    all.count += histogram.beyond;
    all.milliseconds = histogram.milliseconds;
    return {Kind::histogram, name, help, {}, all};
}

Group requestGroup(const Counters& counters) {
    return {"Requests",
            {requestFigure(counters),
             namedFigure(counters, Labelled::variant, "variant_requests_total",
                         "Requests for a variant alone", "variant"),
             namedFigure(counters, Labelled::key, "key_requests_total",
                         "Requests whose signature this key verified", "key"),
             cacheStatusFigure(counters), outputFigure(counters), uploadFigure(counters),
             plain(Kind::counter, "sent_bytes_total", "Bytes sent to clients, headers included",
                   counters.sentBytes)}};
}

Group workGroup(const Counters& counters) {
    const GaugeSums now = sumOfGauges(counters);
    return {"Work",
            {plain(Kind::gauge, "renders_running", "Renders in flight", now.rendersRunning),
             plain(Kind::gauge, "renders_waiting", "Renders that wait for their turn",
                   now.rendersWaiting),
             plainTime("oldest_wait_seconds", "Seconds for which the first of these has waited",
                       now.oldestWaitMilliseconds),
             plain(Kind::gauge, "requests_waiting", "Requests that wait for another's render",
                   now.requestsWaiting),
             plain(Kind::gauge, "source_held_bytes", "Fetched bytes held in memory",
                   now.sourceBytesHeld),
             plain(Kind::counter, "source_bytes_total", "Bytes fetched to render",
                   counters.sourceBytes),
             plain(Kind::counter, "rendered_bytes_total", "Bytes rendered", counters.renderedBytes),
             histogramFigure("origin_seconds", "Time with the origin", counters.originSeconds),
             histogramFigure("queue_seconds", "Time that renders waited for their turn",
                             counters.queueSeconds),
             histogramFigure("render_seconds", "Time that renders took", counters.renderSeconds)}};
}

ImageStateTable copyOf(const ImageStateTable& images) {
    const ZoneLock lock;
    return images;
}

Group imageStateGroup(const ZoneState& zone, const MainConfig& config) {
    Figure originals{Kind::gauge, "originals", "Originals remembered, by state"};
    Figure evicted{Kind::counter, "originals_evicted_total",
                   "Originals forgotten for want of room, by state"};
    const ImageStateTable images = copyOf(zone.images);
    for (const auto& [state, share] :
         {std::pair{"known", &images.known}, std::pair{"missing", &images.missing},
          std::pair{"purged", &images.purged}}) {
        originals.samples.push_back({{{"state", state}}, {share->count}});
        evicted.samples.push_back({{{"state", state}}, {share->evictions}});
    }
    return {"Memory of originals",
            {plain(Kind::gauge, "zone_size_bytes", "Bytes of the zone", config.zone->shm.size),
             plain(Kind::gauge, "zone_free_bytes", "Bytes of it in pages that are wholly free",
                   zonePool()->pfree * ngx_pagesize),
             std::move(originals), std::move(evicted)}};
}

Group cacheGroup(const Counters& counters, const MainConfig& config) {
    Figure size{Kind::gauge, "cache_size_bytes", "Bytes of the cache on disk"};
    Figure max{Kind::gauge, "cache_max_bytes", "Its max_size in bytes, where it has one"};
    Figure entries{Kind::gauge, "cache_entries", "Entries of the cache"};
    auto* const* caches = static_cast<ngx_http_file_cache_t**>(config.caches.elts);
    for (ngx_uint_t i = 0; i < config.caches.nelts; i++) {
        const ngx_http_file_cache_t& cache = *caches[i];
        const auto block = static_cast<off_t>(cache.bsize);
        const auto add = [&](Figure& figure, std::uint64_t value) {
            figure.samples.push_back(
                {{{"cache", printableLabel(view(cache.shm_zone->shm.name))}}, {value}});
        };
        add(size, cache.sh->size * block);
        add(entries, cache.sh->count);
        if (cache.max_size < NGX_MAX_OFF_T_VALUE / block) {
            add(max, cache.max_size * block);
        }
    }
    return {"Caches of derivatives",
            {std::move(size), std::move(max), std::move(entries),
             namedFigure(counters, Labelled::cacheEvictions, "cache_evicted_total",
                         "Entries that the cache manager removed", "cache")}};
}

}  // namespace

std::vector<Group> gatherFigures(const ZoneState& zone, const MainConfig& config) {
    return {requestGroup(zone.counters), workGroup(zone.counters), imageStateGroup(zone, config),
            cacheGroup(zone.counters, config)};
}

}  // namespace private_image
