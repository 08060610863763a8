// First all figures are gathered, then one of three writers spells them.

#include "nginx/status_page.hpp"

#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "nginx/counters.hpp"
#include "nginx/location_config.hpp"
#include "nginx/log.hpp"
#include "nginx/pool.hpp"
#include "nginx/shared_zone.hpp"
#include "transform/canonical.hpp"

namespace private_image {
namespace {

// ------------------------------------------------------------------ figures

struct Sample {
    std::vector<std::pair<std::string_view, std::string>> labels;
    std::string value;
};

struct Distribution {
    std::array<std::uint64_t, Histogram::bounds.size()> upTo;  // cumulative
    std::uint64_t count;
    std::uint64_t milliseconds;
};

enum class Kind : std::uint8_t { counter, gauge, histogram };

struct Figure {
    Kind kind;
    std::string_view name;  // as Prometheus and JSON have it, less the common prefix
    std::string_view help;
    std::vector<Sample> samples = {};  // of a counter or gauge
    std::optional<Distribution> distribution = {};

    bool isPlain() const { return samples.size() == 1 && samples.front().labels.empty(); }
};

struct Group {
    std::string_view title;
    std::vector<Figure> figures;
};

Figure plain(Kind kind, std::string_view name, std::string_view help, std::string value) {
    return {kind, name, help, {{{}, std::move(value)}}};
}

Figure plain(Kind kind, std::string_view name, std::string_view help, std::uint64_t value) {
    return plain(kind, name, help, std::to_string(value));
}

std::string secondsText(std::uint64_t milliseconds) {
    const std::string fraction = std::to_string(1000 + milliseconds % 1000);
    return std::to_string(milliseconds / 1000) + '.' + fraction.substr(1);
}

// Not printf's, which would follow the locale.
std::string decimalText(double number) {
    std::array<char, 32> text;
    const auto end = std::to_chars(text.begin(), text.end(), number, std::chars_format::fixed);
    return {text.begin(), end.ptr};
}

// A name of the configuration in printable ASCII: a key's file may be called anything, in any
// encoding. Different names stay different.
std::string printable(std::string_view name) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string text;
    for (const unsigned char c : name) {
        if (c >= ' ' && c < 0x7f && c != '%') {
            text += static_cast<char>(c);
        } else {
            text += {'%', digits[c >> 4], digits[c & 15]};
        }
    }
    return text;
}

// ------------------------------------------------------------------ what is gathered

Figure requestFigure(const Counters& counters) {
    Figure figure{Kind::counter, "requests_total", "Requests by dialect and reason"};
    for (const auto& [dialect, word] :
         {std::pair{Dialect::cloudflare, "cloudflare"}, std::pair{Dialect::imagekit, "imagekit"}}) {
        const auto& ofDialect = counters.requests[static_cast<std::size_t>(dialect)];
        for (std::size_t i = 0; i < ofDialect.size(); i++) {
            const std::string reason(reasonWord(static_cast<Reason>(i)));
            figure.samples.push_back(
                {{{"dialect", word}, {"reason", reason}}, std::to_string(ofDialect[i])});
        }
    }
    return figure;
}

Figure namedFigure(const Counters& counters, Labelled kind, std::string_view name,
                   std::string_view help, std::string_view label) {
    Figure figure{Kind::counter, name, help};
    for (const NamedCounter* one = counters.named; one != nullptr; one = one->next) {
        if (one->kind == kind) {
            figure.samples.push_back(
                {{{label, printable(one->name())}}, std::to_string(one->value)});
        }
    }
    return figure;
}

Figure cacheStatusFigure(const Counters& counters) {
    Figure figure{Kind::counter, "cache_requests_total",
                  "Derivatives asked for, by status of the cache"};
    for (std::size_t i = 0; i < counters.cacheStatuses.size(); i++) {
        figure.samples.push_back({{{"status", std::string(view(ngx_http_cache_status[i]))}},
                                  std::to_string(counters.cacheStatuses[i])});
    }
    return figure;
}

Figure outputFigure(const Counters& counters) {
    Figure figure{Kind::counter, "derivatives_total", "Derivatives answered, by type"};
    for (std::size_t i = 0; i < counters.outputs.size(); i++) {
        figure.samples.push_back({{{"type", std::string(formatName(static_cast<Format>(i)))}},
                                  std::to_string(counters.outputs[i])});
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
             cacheStatusFigure(counters), outputFigure(counters),
             plain(Kind::counter, "sent_bytes_total", "Bytes sent to clients, headers included",
                   counters.sentBytes)}};
}

Group workGroup(const Counters& counters) {
    const GaugeSums now = sumOfGauges(counters);
    return {"Work",
            {plain(Kind::gauge, "renders_running", "Renders in flight", now.rendersRunning),
             plain(Kind::gauge, "renders_waiting", "Renders that wait for their turn",
                   now.rendersWaiting),
             plain(Kind::gauge, "oldest_wait_seconds",
                   "Seconds for which the first of these has waited",
                   secondsText(now.oldestWaitMilliseconds)),
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

ImageTable copyOf(const ImageTable& images) {
    const ZoneLock lock;
    return images;
}

Group memoryGroup(const ZoneState& zone, const MainConfig& config) {
    Figure originals{Kind::gauge, "originals", "Originals remembered, by state"};
    Figure evicted{Kind::counter, "originals_evicted_total",
                   "Originals forgotten for want of room, by state"};
    const ImageTable images = copyOf(zone.images);
    for (const auto& [state, share] :
         {std::pair{"known", &images.known}, std::pair{"missing", &images.missing},
          std::pair{"purged", &images.purged}}) {
        originals.samples.push_back({{{"state", state}}, std::to_string(share->count)});
        evicted.samples.push_back({{{"state", state}}, std::to_string(share->evictions)});
    }
    return {"Memory of originals",
            {plain(Kind::gauge, "zone_size_bytes", "Bytes of the zone", config.zone->shm.size),
             plain(Kind::gauge, "zone_free_bytes", "Bytes of it in pages that are wholly free",
                   zonePool()->pfree * ngx_pagesize),
             std::move(originals), std::move(evicted)}};
}

Group cacheGroup(const Counters& counters, const MainConfig& config) {
    Figure size{Kind::gauge, "cache_size_bytes", "Bytes of the cache on disk"};
    Figure most{Kind::gauge, "cache_max_bytes", "Its max_size in bytes, where it has one"};
    Figure entries{Kind::gauge, "cache_entries", "Entries of the cache"};
    auto* const* caches = static_cast<ngx_http_file_cache_t**>(config.caches.elts);
    for (ngx_uint_t i = 0; i < config.caches.nelts; i++) {
        const ngx_http_file_cache_t& cache = *caches[i];
        const auto block = static_cast<off_t>(cache.bsize);
        const auto add = [&](Figure& figure, std::uint64_t value) {
            figure.samples.push_back(
                {{{"cache", printable(view(cache.shm_zone->shm.name))}}, std::to_string(value)});
        };
        add(size, cache.sh->size * block);
        add(entries, cache.sh->count);
        if (cache.max_size < NGX_MAX_OFF_T_VALUE / block) {
            add(most, cache.max_size * block);
        }
    }
    return {"Caches of derivatives",
            {std::move(size), std::move(most), std::move(entries),
             namedFigure(counters, Labelled::cacheEvictions, "cache_evicted_total",
                         "Entries that the cache manager removed", "cache")}};
}

// ------------------------------------------------------------------ Prometheus

// For JSON as well: printable ASCII needs no more.
std::string quoted(std::string_view text) {
    std::string result = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            result += '\\';
        }
        result += c;
    }
    return result + '"';
}

std::string labelsText(const Sample& sample) {
    std::string text;
    for (const auto& [name, value] : sample.labels) {
        text += text.empty() ? "{" : ",";
        text.append(name).append("=").append(quoted(value));
    }
    return text.empty() ? text : text + '}';
}

std::string prometheusHistogram(const std::string& name, const Distribution& all) {
    std::string text;
    for (std::size_t i = 0; i < all.upTo.size(); i++) {
        text += name + "_bucket{le=\"" + decimalText(Histogram::bounds[i]) + "\"} " +
                std::to_string(all.upTo[i]) + '\n';
    }
    const std::string count = std::to_string(all.count) + '\n';
    return text + name + "_bucket{le=\"+Inf\"} " + count + name + "_sum " +
           secondsText(all.milliseconds) + '\n' + name + "_count " + count;
}

std::string prometheusText(const std::vector<Group>& groups) {
    constexpr std::array<std::string_view, 3> kinds{"counter", "gauge", "histogram"};
    std::string text;
    for (const Group& group : groups) {
        for (const Figure& figure : group.figures) {
            const std::string name = "private_image_" + std::string(figure.name);
            text.append("# HELP " + name + ' ').append(figure.help).append(".\n# TYPE " + name);
            text.append(" ").append(kinds[static_cast<std::size_t>(figure.kind)]).append("\n");
            for (const Sample& sample : figure.samples) {
                text += name + labelsText(sample) + ' ' + sample.value + '\n';
            }
            if (figure.distribution) {
                text += prometheusHistogram(name, *figure.distribution);
            }
        }
    }
    return text;
}

// ------------------------------------------------------------------ JSON

std::string jsonHistogram(const Distribution& all) {
    std::string buckets;
    for (std::size_t i = 0; i < all.upTo.size(); i++) {
        buckets +=
            '"' + decimalText(Histogram::bounds[i]) + "\": " + std::to_string(all.upTo[i]) + ", ";
    }
    const std::string count = std::to_string(all.count);
    return "{\"buckets\": {" + buckets + "\"+Inf\": " + count +
           "}, \"sum\": " + secondsText(all.milliseconds) + ", \"count\": " + count + '}';
}

std::string jsonSamples(const Figure& figure) {
    std::string text;
    for (const Sample& sample : figure.samples) {
        text += text.empty() ? "\n    {" : ",\n    {";
        for (const auto& [name, value] : sample.labels) {
            text += quoted(name) + ": " + quoted(value) + ", ";
        }
        text += "\"value\": " + sample.value + '}';
    }
    return '[' + text + ']';
}

std::string jsonText(const std::vector<Group>& groups) {
    std::string text;
    for (const Group& group : groups) {
        for (const Figure& figure : group.figures) {
            text += text.empty() ? "{\n  " : ",\n  ";
            text += quoted("private_image_" + std::string(figure.name)) + ": ";
            if (figure.distribution) {
                text += jsonHistogram(*figure.distribution);
            } else {
                text += figure.isPlain() ? figure.samples.front().value : jsonSamples(figure);
            }
        }
    }
    return text + "\n}\n";
}

// ------------------------------------------------------------------ the page for people

std::string htmlEscaped(std::string_view text) {
    std::string result;
    for (const char c : text) {
        switch (c) {
            case '&':
                result += "&amp;";
                break;
            case '<':
                result += "&lt;";
                break;
            case '>':
                result += "&gt;";
                break;
            case '"':
                result += "&quot;";
                break;
            default:
                result += c;
        }
    }
    return result;
}

std::string htmlRow(std::string_view help, const std::string& of, const std::string& value) {
    return "<tr><th scope=\"row\">" + htmlEscaped(help) + "</th><td>" + htmlEscaped(of) +
           "</td><td>" + htmlEscaped(value) + "</td></tr>\n";
}

// The bound below which a share of them ended.
std::string within(const Distribution& all, double share) {
    const double wanted = share * static_cast<double>(all.count);
    for (std::size_t i = 0; i < all.upTo.size(); i++) {
        if (static_cast<double>(all.upTo[i]) >= wanted) {
            return "≤ " + decimalText(Histogram::bounds[i]) + " s";
        }
    }
    return "> " + decimalText(Histogram::bounds.back()) + " s";
}

std::string htmlHistogram(const Figure& figure) {
    const Distribution& all = *figure.distribution;
    std::string text = htmlRow(figure.help, "number", std::to_string(all.count));
    if (all.count != 0) {
        text += htmlRow(figure.help, "mean", secondsText(all.milliseconds / all.count) + " s") +
                htmlRow(figure.help, "half of them", within(all, 0.5)) +
                htmlRow(figure.help, "99 of 100", within(all, 0.99));
    }
    return text;
}

// Series that never counted anything are left to the machines.
std::string htmlSamples(const Figure& figure) {
    std::string text;
    for (const Sample& sample : figure.samples) {
        if (figure.kind == Kind::counter && !figure.isPlain() && sample.value == "0") {
            continue;
        }
        std::string of;
        for (const auto& [name, value] : sample.labels) {
            of.append(of.empty() ? "" : ", ").append(name).append(" ").append(value);
        }
        text += htmlRow(figure.help, of, sample.value);
    }
    return text.empty() ? htmlRow(figure.help, "none", "0") : text;
}

std::string htmlText(const std::vector<Group>& groups) {
    std::string text =
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta name=\"color-scheme\" content=\"light dark\">\n"
        "<title>Private images: status</title>\n<style>\n"
        "body { font: 1rem/1.5 sans-serif; max-width: 60rem; margin: auto; padding: 1rem }\n"
        "table { border-collapse: collapse; width: 100%; margin-bottom: 2rem }\n"
        "caption { font-size: 1.25rem; font-weight: bold; text-align: left }\n"
        "th, td { padding: .25rem .5rem; text-align: left; border-bottom: 1px solid #8888;"
        " overflow-wrap: anywhere }\n"
        "tbody th { font-weight: normal }\n"
        "th:last-child, td:last-child { text-align: right }\n"
        "</style>\n</head>\n<body>\n<h1>Private images</h1>\n";
    for (const Group& group : groups) {
        text += "<table>\n<caption>" + htmlEscaped(group.title) +
                "</caption>\n<thead><tr><th scope=\"col\">Figure</th><th scope=\"col\">Of</th>"
                "<th scope=\"col\">Value</th></tr></thead>\n<tbody>\n";
        for (const Figure& figure : group.figures) {
            text += figure.distribution ? htmlHistogram(figure) : htmlSamples(figure);
        }
        text += "</tbody>\n</table>\n";
    }
    return text + "</body>\n</html>\n";
}

// ------------------------------------------------------------------ the answer

void addHeader(ngx_http_request_t* r, const char* name, const char* value) {
    auto* header = static_cast<ngx_table_elt_t*>(ngx_list_push(&r->headers_out.headers));
    if (header == nullptr) {
        throw std::bad_alloc();
    }
    *header = {};
    header->hash = 1;
    header->key = borrow(name);
    header->value = borrow(value);
}

bool contains(const ngx_str_t& text, std::string_view lowerCase) {
    std::string words(view(text));
    ngx_strlow(reinterpret_cast<u_char*>(words.data()), text.data, text.len);
    return words.find(lowerCase) != words.npos;
}

// Prometheus' own Accept names neither of the others.
StatusFormat negotiate(ngx_http_request_t* r) {
    StatusFormat format = StatusFormat::prometheus;
    forEach<ngx_table_elt_t>(r->headers_in.headers, [&](const ngx_table_elt_t& header) {
        if (view(header.key).size() == 6 && contains(header.key, "accept")) {
            format = contains(header.value, "text/html")          ? StatusFormat::html
                     : contains(header.value, "application/json") ? StatusFormat::json
                                                                  : format;
        }
        return format == StatusFormat::prometheus;
    });
    return format;
}

ngx_int_t send(ngx_http_request_t* r, ngx_uint_t status, const char* type,
               const std::string& text) {
    const ngx_str_t body = copyInto(r->pool, text);
    r->headers_out.status = status;
    r->headers_out.content_length_n = static_cast<off_t>(body.len);
    r->headers_out.content_type = borrow(type);
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.charset = borrow("utf-8");
    const ngx_int_t rc = ngx_http_send_header(r);
    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }
    auto* buffer = static_cast<ngx_buf_t*>(ngx_calloc_buf(r->pool));
    if (buffer == nullptr) {
        return NGX_ERROR;
    }
    buffer->pos = body.data;
    buffer->last = body.data + body.len;
    buffer->memory = 1;
    buffer->last_buf = 1;
    ngx_chain_t out{buffer, nullptr};
    return ngx_http_output_filter(r, &out);
}

ngx_int_t answer(ngx_http_request_t* r, StatusFormat format, const std::vector<Group>& groups) {
    switch (format) {
        case StatusFormat::html:
            return send(r, NGX_HTTP_OK, "text/html", htmlText(groups));
        case StatusFormat::json:
            return send(r, NGX_HTTP_OK, "application/json", jsonText(groups));
        case StatusFormat::prometheus:
        case StatusFormat::negotiated:
            break;
    }
    return send(r, NGX_HTTP_OK, "text/plain; version=0.0.4", prometheusText(groups));
}

ngx_int_t answerStatus(ngx_http_request_t* r) {
    addHeader(r, "Cache-Control", "no-store");
    addHeader(r, "X-Content-Type-Options", "nosniff");
    if ((r->method & (NGX_HTTP_GET | NGX_HTTP_HEAD)) == 0) {
        addHeader(r, "Allow", "GET, HEAD");
        return NGX_HTTP_NOT_ALLOWED;
    }
    if (const ngx_int_t rc = ngx_http_discard_request_body(r); rc != NGX_OK) {
        return rc;
    }
    const ZoneState* zone = zoneState();
    if (zone == nullptr) {
        return send(r, NGX_HTTP_SERVICE_UNAVAILABLE, "text/plain",
                    "Nothing is counted while private_image_zone is off.\n");
    }
    const auto& config =
        *static_cast<MainConfig*>(ngx_http_get_module_main_conf(r, ngx_http_private_image_module));
    const StatusFormat asked = locationConfig(r)->statusFormat;
    return answer(r, asked == StatusFormat::negotiated ? negotiate(r) : asked,
                  {requestGroup(zone->counters), workGroup(zone->counters),
                   memoryGroup(*zone, config), cacheGroup(zone->counters, config)});
}

}  // namespace

ngx_int_t handleStatus(ngx_http_request_t* r) {
    try {
        return answerStatus(r);
    } catch (...) {
        logException(r->connection->log, "answering the status");
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
}

}  // namespace private_image
