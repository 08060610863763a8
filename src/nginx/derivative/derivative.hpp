// Makes one derivative: looks in the cache, lets one of several requests for the same do the work,
// fetches the originals, renders them and answers.
#pragma once

#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "access/failure_sharing.hpp"
#include "nginx/derivative/cache.hpp"
#include "nginx/derivative/origin_fetch.hpp"
#include "nginx/derivative/response.hpp"
#include "nginx/host/log.hpp"
#include "nginx/rendering/render_job.hpp"
#include "nginx/rendering/result_memory.hpp"
#include "nginx/request/request.hpp"
#include "nginx/shared_memory/single_flight.hpp"

namespace private_image {

class Derivative final : public Delivery {
public:
    // Takes the request over from the location's own content handler. Returns what a PRECONTENT
    // handler returns.
    static ngx_int_t enter(RequestContext& context);

    explicit Derivative(RequestContext& context);

    void onDeadline() override;
    void release() override;
    void leave() override { stage_ = Stage::answered; }
    ImageSubrequest* subrequestOf(const ngx_http_request_t* r) override;
    std::vector<ngx_msec_t> originTimes() const override;

    // Header filter of one of its fetches.
    ngx_int_t filterFetchHeader(Fetch& fetch, ngx_http_request_t* r);

private:
    enum class Stage : std::uint8_t {
        begun,
        lookingUp,   // a thread reads the head of the cache's entry
        waiting,     // for another request's work
        refreshing,  // the origin is asked to confirm the entry found
        fetching,
        rendering,
        answered,
    };

    enum class Sharing : std::uint8_t {
        joins,            // does the work of others, or waits for theirs
        sawLeaderFinish,  // waited until a leader had finished; waits once only
        skips,            // neither waits for others nor lets them wait
    };

    ngx_log_t* log() const { return context_.r->connection->log; }

    // Runs a step; no exception may reach NGINX.
    template <typename Step>
    void guarded(Step step) {
        try {
            step();
        } catch (const std::exception&) {
            logException(context_.r->connection->log, "making a derivative");
            finish(NGX_HTTP_INTERNAL_SERVER_ERROR);
        }
    }

    // Runs a step on the event loop outside of NGINX's own request processing.
    template <typename Step>
    void onEventLoop(Step step) {
        ngx_connection_t* connection = context_.r->connection;
        ngx_http_set_log_request(connection->log, context_.r);
        guarded(step);
        ngx_http_run_posted_requests(connection);
    }

    // ---- derivative.cpp: from the request to the cache, and the answer
    static ngx_int_t handle(ngx_http_request_t* r);
    static void resume(ngx_http_request_t* r);
    void resumeStage();
    void start();
    bool addLayers();
    void lookInCache();  // for the first time, or because the sources are others now
    void lookUp();
    void onFound(DerivativeCache::Found found);
    bool looksAgain();
    void work();  // does what this request has to do itself
    void sendEntry(Decision decision, ngx_uint_t cacheStatus);
    void renewEntry();
    // Serves the entry past its freshness if that is allowed for every source, and to this client.
    bool sendStale(bool (*isUsable)(const OriginState&, Milliseconds, std::int64_t),
                   ngx_uint_t cacheStatus);
    static const char* nameOf(Stage stage);
    void changeStage(Stage stage);
    bool suspend(Stage stage);  // the answer comes later; false: it was ended
    void refuseRequest(Reason reason, const std::string& detail);
    void finish(ngx_int_t rc);

    // ---- what is known of the sources
    std::vector<JudgedImage> judgedImages() const;
    bool joinEntry();  // with what is remembered; false: the entry must not be used
    Decision judge();
    bool isOriginalDenied() const;
    bool isKnownMissing() const;
    void recallSources();

    // ---- following.cpp: requests for the same derivative
    bool leads();
    void waitFor(std::uint64_t flight);
    static void onFlightEnd(void* data, const FlightOutcome& outcome);
    void onLeaderEnd(const FlightOutcome& outcome);
    void shareFailure(const FlightOutcome& outcome);
    bool isRefusedByMemory();
    FlightOutcome failureOutcome(Reason reason) const;

    // ---- fetching.cpp: what it is made of comes from the origin
    bool takePlace();
    void startMiss();  // fetches everything anew and renders it
    void fetchNext();
    void fetch(Source& source, Stage stage, std::unique_ptr<Fetch> fetch);
    void onFetched();
    void onFailed(const Fetch& fetch);
    // Asks the origin whether it still has what the entry was made of; many derivatives of one
    // image ask once.
    void refresh(std::size_t index);
    void onRefreshed();
    void onChanged(Fetch& fetch);
    void onMissing();
    void onDenied(bool isOriginal, Reason reason, const std::string& detail);
    bool useDefaultImage();
    void retireFetches();
    void noteOrigin(const Fetch& fetch);

    // ---- rendering.cpp
    void startRender();
    void openResultFile(RenderJob& job);
    void onJobEnd(RenderJob& job, JobEnd end);
    void onRendered(RenderJob& job);
    void fillRecord(const RenderJob& job);
    void storeResult(RenderJob& job);
    void deliverSvg();
    void answerRendered();

    RequestContext& context_;
    OwnHandler ownHandler_;  // of the location, for fetches from it
    Stage stage_ = Stage::begun;
    bool usesDefaultImage_ = false;  // in place of an original that is, or has to look, missing

    std::vector<std::unique_ptr<Fetch>> fetches_;  // the original, then layers in their order
    std::vector<std::unique_ptr<Fetch>> retired_;  // further ones, whose result is not needed

    DerivativeCache cache_;
    bool isUnkeepable_ = false;          // the result must not be stored
    std::optional<EntryRecord> record_;  // of the entry found, or of the result
    bool isEntryUsable_ = false;         // the entry found is not void
    bool isRefreshed_ = false;           // the origin has confirmed it to this request
    bool hasLookedAgain_ = false;        // in the cache, since this request leads

    Sharing sharing_ = Sharing::joins;
    Flight flight_;  // what requests for the same derivative wait for
    FlightWaiter waiter_;

    std::string entityTag_, cacheControl_;  // of the result; the record points to them
    RenderPlace place_;
    std::shared_ptr<RenderJob> job_;
    std::optional<ByteBuffer> svg_;  // the source, which is delivered as it is
    ResultMemory svgMemory_;         // its share of what clients read slowly
};

// The fetch that `r` is, or is a child of; null if it belongs to no derivative.
Fetch* fetchOf(const RequestContext& context, const ngx_http_request_t* r);

}  // namespace private_image
