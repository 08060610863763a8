#include "nginx/derivative/cache.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "access/digest.hpp"
#include "nginx/config/location_config.hpp"
#include "nginx/host/pool.hpp"

namespace private_image {
namespace {

// NGINX keeps the head's length in 16 bits: a key that would not fit with a record is digested.
constexpr std::size_t maxKeyLength = 16 << 10;

// NGINX's own freshness is not used: an entry is judged by its record and by the memory.
constexpr time_t always = 10L * 365 * 24 * 3600;

using RecordLength = std::uint32_t;

// Of NGINX's header and our record, which its length precedes. Rounded up, so that it mostly stays
// the same when an entry is replaced: NGINX remembers it, and reads no more of an entry at first.
constexpr std::size_t headLength(std::size_t headerStart, std::size_t recordLength) {
    constexpr std::size_t unit = 512;
    return headerStart + (sizeof(RecordLength) + recordLength + unit - 1) / unit * unit;
}

// The file itself says where its body starts, and NGINX does not check that.
bool isWhole(const ngx_http_cache_t& cache) {
    return cache.body_start >= cache.header_start &&
           static_cast<std::size_t>(cache.buf->last - cache.buf->pos) >= cache.body_start &&
           cache.length >= static_cast<off_t>(cache.body_start);
}

std::optional<EntryRecord> readEntry(const ngx_http_cache_t& cache) {
    if (!isWhole(cache)) {
        return std::nullopt;
    }
    const std::span<const unsigned char> place{cache.buf->pos + cache.header_start,
                                               cache.body_start - cache.header_start};
    RecordLength length = 0;
    if (place.size() < sizeof(length)) {
        return std::nullopt;
    }
    std::memcpy(&length, place.data(), sizeof(length));
    if (length > place.size() - sizeof(length)) {
        return std::nullopt;
    }
    auto record = readRecord(place.subspan(sizeof(length), length));
    const auto bodyLength = static_cast<std::uint64_t>(cache.length) - cache.body_start;
    return record && record->outputBytes == bodyLength ? record : std::nullopt;
}

void putRecord(u_char* place, const std::string& record) {
    const auto length = static_cast<RecordLength>(record.size());
    std::memcpy(place, &length, sizeof(length));
    std::ranges::copy(record, place + sizeof(length));
}

// True if the open file is the one that the entry was read from.
bool isSameFile(ngx_fd_t descriptor, const ngx_http_cache_t& cache) {
    ngx_file_info_t status;
    return ngx_fd_info(descriptor, &status) != NGX_FILE_ERROR &&
           ngx_file_uniq(&status) == cache.uniq && ngx_file_size(&status) == cache.length;
}

// A reader that comes in between finds a record whose checksum does not match, and looks again.
// False with errno if it could not be written.
bool renewRecord(const ngx_http_cache_t& cache, const std::string& record) {
    const ngx_fd_t descriptor =
        ngx_open_file(cache.file.name.data, NGX_FILE_RDWR, NGX_FILE_OPEN, 0);
    if (descriptor == NGX_INVALID_FILE) {
        return ngx_errno == NGX_ENOENT;  // it has been evicted
    }
    bool isWritten = true;
    if (isSameFile(descriptor, cache)) {
        std::string place(cache.body_start - cache.header_start, '\0');
        putRecord(reinterpret_cast<u_char*>(place.data()), record);
        isWritten = pwrite(descriptor, place.data(), place.size(),
                           static_cast<off_t>(cache.header_start)) >= 0;
    }
    ngx_close_file(descriptor);
    return isWritten;
}

}  // namespace

void DerivativeCache::use(ngx_http_request_t* r, const Gate& gate, std::string key) {
    request_ = r;
    gate_ = &gate;
    zone_ = static_cast<ngx_http_file_cache_t*>(gate.cache->data);
    minUses_ = gate.cacheMinUses;
    key_ = std::move(key);
    if (key_.size() > maxKeyLength) {
        const std::string digest = sha256Hex(key_);
        key_.resize(maxKeyLength);
        key_ += digest;
    }
    keyText_ = borrow(key_);
}

FlightKey DerivativeCache::flightKey() const {
    return imageKey(std::string(view(zone_->shm_zone->shm.name)) + ' ' + gate_->limitsText, key_);
}

// NGINX's own lock is not used: single_flight chooses the request that works for the others, and
// wakes them.
bool DerivativeCache::open() {
    close();
    if (ngx_http_file_cache_new(request_) != NGX_OK) {
        return false;
    }
    cache_ = request_->cache;
    auto* key = static_cast<ngx_str_t*>(ngx_array_push(&cache_->keys));
    if (key == nullptr) {
        cache_ = nullptr;
        return false;
    }
    *key = keyText_;
    cache_->file_cache = zone_;
    cache_->min_uses = minUses_;
    ngx_http_file_cache_create_key(request_);
    cache_->body_start = headLength(cache_->header_start, maxRecordSize);
    return true;
}

DerivativeCache::Found DerivativeCache::find(std::optional<EntryRecord>& record) {
    record.reset();
    const bool isBeingRead = cache_ != nullptr && cache_->reading;
    if (!isBeingRead && !open()) {
        return Found::unavailable;
    }
    const ngx_int_t rc = ngx_http_file_cache_open(request_);
    request_->cached = 0;
    switch (rc) {
        case NGX_OK:
            record = readEntry(*cache_);
            return record ? Found::entry : Found::nothing;
        case NGX_AGAIN:
            return Found::later;
        case NGX_DECLINED:
        case NGX_HTTP_CACHE_STALE:  // no entry of ours ever ends: its head is damaged
        case NGX_HTTP_CACHE_UPDATING:
            return Found::nothing;
        case NGX_ERROR:
            return isPlaceKnown() ? Found::nothing : Found::unavailable;
        default:
            return Found::unavailable;
    }
}

// Then it is the file that could not be read, and another may take its place.
bool DerivativeCache::isPlaceKnown() const {
    return cache_->node != nullptr && cache_->file.name.len != 0;
}

bool DerivativeCache::prepareUnseen() {
    return open() && ngx_http_file_cache_create(request_) == NGX_OK;
}

ResultFile DerivativeCache::create(std::size_t recordLength) {
    if (cache_ == nullptr || cache_->node == nullptr) {
        return {};
    }
    file_ = static_cast<ngx_temp_file_t*>(ngx_pcalloc(request_->pool, sizeof(ngx_temp_file_t)));
    if (file_ == nullptr) {
        return {};
    }
    // Beside its final place, so that it takes it by a mere rename.
    file_->file.fd = NGX_INVALID_FILE;
    file_->file.log = request_->connection->log;
    file_->file.name = cache_->file.name;
    file_->path = zone_->path;
    file_->pool = request_->pool;
    file_->persistent = 1;
    if (ngx_create_temp_file(&file_->file, file_->path, file_->pool, 1, 1, 0) != NGX_OK) {
        file_ = nullptr;  // NGINX has logged it
        return {};
    }
    cache_->body_start = headLength(cache_->header_start, recordLength);
    return {file_->file.fd, static_cast<off_t>(cache_->body_start)};
}

bool DerivativeCache::keep(const std::string& record, int fileError) {
    const bool isExpected = file_ != nullptr && cache_ != nullptr &&
                            cache_->body_start == headLength(cache_->header_start, record.size());
    if (!isExpected) {
        close();
        return false;
    }
    std::string head(cache_->body_start, '\0');
    cache_->date = ngx_time();
    cache_->valid_sec = ngx_time() + always;
    int problem = fileError;
    if (problem == 0) {
        auto* bytes = reinterpret_cast<u_char*>(head.data());
        if (ngx_http_file_cache_set_header(request_, bytes) != NGX_OK) {
            close();
            return false;
        }
        putRecord(bytes + cache_->header_start, record);
        const ssize_t written = pwrite(file_->file.fd, head.data(), head.size(), 0);
        problem = written == static_cast<ssize_t>(head.size()) ? 0 : written < 0 ? errno : ENOSPC;
    }
    if (problem != 0) {
        ngx_log_error(NGX_LOG_CRIT, request_->connection->log, problem,
                      "private_image: a derivative cannot be kept in \"%V\"", &file_->file.name);
        close();
        return false;
    }
    const u_char* place = cache_->file.name.data;
    ngx_http_file_cache_update(request_, file_);  // renames it, or says why not
    cache_ = nullptr;
    file_ = nullptr;
    ngx_file_info_t status;
    return ngx_file_info(place, &status) != NGX_FILE_ERROR;
}

void DerivativeCache::rewrite(const std::string& record) const {
    const bool fits =
        !record.empty() && headLength(cache_->header_start, record.size()) == cache_->body_start;
    if (fits && !renewRecord(*cache_, record)) {
        ngx_log_error(NGX_LOG_CRIT, request_->connection->log, ngx_errno,
                      "private_image: the record of \"%V\" cannot be renewed", &cache_->file.name);
    }
}

ngx_int_t DerivativeCache::send() {
    return ngx_http_cache_send(request_);
}

void DerivativeCache::close() {
    if (cache_ != nullptr) {
        ngx_http_file_cache_free(cache_, file_);
    }
    cache_ = nullptr;
    file_ = nullptr;
}

}  // namespace private_image
