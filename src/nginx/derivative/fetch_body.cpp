// The bytes of a fetch: kept up to a limit, or given up as soon as their type is refused.
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <span>
#include <vector>

#include "nginx/derivative/origin_fetch.hpp"
#include "render/probe.hpp"

namespace private_image {
namespace {

// The answer of S3 is judged once the code in its body is known.
void readStorageError(const RequestContext& context, Fetch& fetch, ngx_http_request_t* r,
                      ngx_chain_t* in) {
    for (ngx_chain_t* link = in; link != nullptr; link = link->next) {
        fetch.storageError->read(link->buf);
        fetch.endSeen = fetch.endSeen || link->buf->last_buf || link->buf->last_in_chain;
    }
    if (!fetch.refusal && (fetch.endSeen || fetch.storageError->isFull())) {
        judgeStorageError(context, fetch, r);
    }
}

// Ends the fetch from within its body filter.
ngx_int_t abortFetch(Fetch& fetch, ngx_http_request_t* r) {
    fetch.isAborted = true;
    fetch.connectionHadError = r->connection->error;
    if (r->upstream != nullptr) {
        r->upstream->cacheable = 0;  // else NGINX downloads the rest into proxy_cache
    }
    return NGX_ERROR;
}

void judgeType(const Gate& gate, Fetch& fetch, std::span<const unsigned char> start) {
    if (start.empty()) {
        refuseFetch(fetch, Reason::damaged, "the source is empty");
        return;
    }
    fetch.type = probeType(start);
    const auto& allowed = gate.render.sourceTypes;
    const bool isDelivered = fetch.type == SourceType::svg && fetch.mayDeliverSvg;
    if (!isDelivered &&
        (!fetch.type || std::find(allowed.begin(), allowed.end(), *fetch.type) == allowed.end())) {
        refuseFetch(fetch, Reason::unsupportedType,
                    "private_image_source_types does not allow the source's type");
    }
}

void checkType(const Gate& gate, Fetch& fetch) {
    if (fetch.type || fetch.refusal) {
        return;
    }
    const auto bytes = fetch.body.bytes();
    while (!fetch.endSeen && bytes.size() >= fetch.bytesToProbe) {
        const std::size_t needed = bytesToProbe(bytes.first(fetch.bytesToProbe));
        if (needed <= fetch.bytesToProbe) {
            break;
        }
        fetch.bytesToProbe = needed;  // only what may yet be a drawing
    }
    if (bytes.size() >= fetch.bytesToProbe || fetch.endSeen) {
        judgeType(gate, fetch, bytes);
    }
}

// Room for a source of so many bytes more. False: refused.
bool mayKeep(const Gate& gate, Fetch& fetch, std::size_t length) {
    const off_t max = fetch.declaredLength >= 0 ? fetch.declaredLength : gate.maxSourceSize;
    if (static_cast<off_t>(fetch.body.size() + length) > max) {
        refuseFetch(
            fetch, fetch.declaredLength >= 0 ? Reason::originError : Reason::tooLarge,
            "more than " + std::to_string(max) + " bytes" +
                (fetch.declaredLength >= 0 ? " announced"
                                           : ", which private_image_max_source_size allows"));
        return false;
    }
    return true;
}

void keepBytes(const Gate& gate, Fetch& fetch, const ngx_buf_t& buffer) {
    const auto length = static_cast<std::size_t>(buffer.last - buffer.pos);
    if (!mayKeep(gate, fetch, length)) {
        return;
    }
    if (fetch.declaredLength > 0) {
        fetch.body.reserve(static_cast<std::size_t>(fetch.declaredLength));
    }
    fetch.body.append(buffer.pos, length);
}

// As many bytes of a file as its type is known by, or all of its `length`. Empty if it cannot be
// read.
std::optional<std::vector<unsigned char>> startOfFile(const ngx_buf_t& buffer, std::size_t length) {
    std::vector<unsigned char> start;
    std::size_t needed = probeLength;
    while (start.size() < std::min(needed, length)) {
        start.resize(std::min(needed, length));
        const ssize_t got = pread(buffer.file->fd, start.data(), start.size(), buffer.file_pos);
        if (got < 0) {
            return std::nullopt;
        }
        const bool isShort = static_cast<std::size_t>(got) < start.size();
        start.resize(static_cast<std::size_t>(got));
        if (isShort) {
            break;
        }
        needed = bytesToProbe(start);
    }
    return start;
}

// NGINX passes the bytes of a file by their place in it, all at once. The thread that renders them
// reads them; only the first ones, for the type, are read here.
void keepFile(const Gate& gate, Fetch& fetch, const ngx_buf_t& buffer) {
    const auto length = static_cast<std::size_t>(buffer.file_last - buffer.file_pos);
    if (!mayKeep(gate, fetch, length)) {
        return;
    }
    const auto start = startOfFile(buffer, length);
    if (!start || fetch.body.size() != 0 ||
        !fetch.body.deferRead(buffer.file->fd, buffer.file_pos, length)) {
        refuseFetch(fetch, Reason::internal, "a file of the origin cannot be read");
        return;
    }
    judgeType(gate, fetch, *start);
}

}  // namespace

ngx_int_t filterFetchBody(const RequestContext& context, Fetch& fetch, ngx_http_request_t* r,
                          ngx_chain_t* in) {
    if (fetch.storageError && !fetch.isAbandoned) {
        readStorageError(context, fetch, r, in);
        return fetch.refusal && !fetch.endSeen ? abortFetch(fetch, r) : NGX_OK;
    }
    for (ngx_chain_t* link = in; link != nullptr; link = link->next) {
        ngx_buf_t* buffer = link->buf;
        if (ngx_buf_size(buffer) != 0) {
            fetch.lastReadAt = ngx_current_msec;
        }
        const bool isWanted = !fetch.refusal && !fetch.isAbandoned && !fetch.isConfirmed;
        if (isWanted && ngx_buf_in_memory(buffer)) {
            keepBytes(context.gate, fetch, *buffer);
        } else if (isWanted && buffer->in_file) {
            keepFile(context.gate, fetch, *buffer);
        } else if (isWanted && ngx_buf_size(buffer) != 0) {
            refuseFetch(fetch, Reason::internal, "the answer was not brought into memory");
        }
        buffer->pos = buffer->last;
        buffer->file_pos = buffer->file_last;
        fetch.endSeen = fetch.endSeen || buffer->last_buf || buffer->last_in_chain;
    }
    if (fetch.isAbandoned) {
        return abortFetch(fetch, r);
    }
    if (!fetch.isConfirmed && !fetch.isContradicted) {
        checkType(context.gate, fetch);
    }
    return fetch.refusal && !fetch.endSeen ? abortFetch(fetch, r) : NGX_OK;
}

}  // namespace private_image
