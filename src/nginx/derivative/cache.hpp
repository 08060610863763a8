// NGINX's file cache with a record of this module in each entry. Whether an entry may be used is
// judged by image_state/entry_knowledge.
#pragma once

#include <optional>
#include <string>

#include "image_state/entry_record.hpp"
#include "nginx/host/ngx.hpp"
#include "nginx/rendering/render_job.hpp"
#include "nginx/shared_memory/single_flight.hpp"

namespace private_image {

struct Gate;

// One request's dealings with the cache of its location.
class DerivativeCache {
public:
    enum class Found : std::uint8_t {
        entry,
        nothing,
        later,        // a thread reads the entry's head: look again when it wakes the request
        unavailable,  // not to be kept: asked for too seldom yet, or the cache is in trouble
    };

    // `key` distinguishes derivatives; see cacheKey().
    void use(ngx_http_request_t* r, const Gate& gate, std::string key);
    bool isInUse() const { return request_ != nullptr; }
    const std::string& key() const { return key_; }

    // Of those who may share a result, and its failure: they have the same limits, too.
    FlightKey flightKey() const;

    // Looks anew. The record's views live as long as the request.
    Found find(std::optional<EntryRecord>& record);

    // For a bypass: what will be kept replaces what is there, unseen.
    bool prepareUnseen();

    // Opens the file that a result will be kept in behind a record of `recordLength` bytes. Empty,
    // and logged, if that fails.
    ResultFile create(std::size_t recordLength);

    // Puts the record in front of the result and the file in its place. `fileError`: of the result.
    // False, and logged, if it could not be kept.
    bool keep(const std::string& record, int fileError);

    // Puts another record in the place of the found entry's, so that what was learned outlives a
    // restart. Does nothing if it does not fit there, or if the entry was replaced.
    void rewrite(const std::string& record) const;

    // Sends the body of the entry that was found, behind headers that are set.
    ngx_int_t send();

    // Gives back what NGINX holds for us; nothing is kept that was not kept by now.
    void close();

private:
    bool open();
    bool isPlaceKnown() const;

    ngx_http_request_t* request_ = nullptr;
    ngx_http_cache_t* cache_ = nullptr;
    ngx_temp_file_t* file_ = nullptr;
    ngx_http_file_cache_t* zone_ = nullptr;
    ngx_uint_t minUses_ = 1;
    const Gate* gate_ = nullptr;
    std::string key_;
    ngx_str_t keyText_{};
};

}  // namespace private_image
