// One call of the service's API, from its first check to the answer: what uploads and the calls
// that manage files have in common.
#pragma once

#include <optional>
#include <string_view>

#include "nginx/door/door.hpp"
#include "nginx/host/ngx.hpp"
#include "upload/outcome.hpp"

namespace private_image {

// A place among the uploads that the worker reads or stores at once.
class ScopedRoom {
public:
    ScopedRoom(Door& door, bool isProven) : door_(door), isProven_(isProven) {
        door_.uploads++;
        door_.unproven += !isProven_;
    }
    ~ScopedRoom() {
        door_.uploads--;
        door_.unproven -= !isProven_;
    }
    ScopedRoom(const ScopedRoom&) = delete;

private:
    Door& door_;
    bool isProven_;
};

// Lives in the request's pool.
class DoorCall {
public:
    DoorCall(ngx_http_request_t* r, Door& door);
    virtual ~DoorCall();
    DoorCall(const DoorCall&) = delete;

    // Answers with an error; the body is not read. Returns what a content handler returns.
    ngx_int_t refuseBeforeBody(const upload::UploadError& error);

    // Takes the next bytes of the body, from NGINX's filter of request bodies.
    void feed(std::string_view bytes);

    // False: the call was refused, and no more of its body is wanted.
    bool isReadingBody() const { return stage_ == Stage::reading; }

    // True once for every 64 KB of the body: enough was read in this turn of the event loop.
    bool endsTurn();

    // NGINX itself answers the request, such as a body whose framing is invalid.
    void onForeignAnswer();

    // For variables. The path is decoded, with leading slash; empty: it is not known yet.
    virtual std::string_view path() const = 0;
    virtual std::uint64_t bytes() const = 0;
    std::optional<upload::Outcome> outcome() const { return outcome_; }

protected:
    // Begins to read the body. Returns what a content handler returns.
    ngx_int_t readBody();

    // Why the part of the body that has come is refused.
    virtual std::optional<upload::UploadError> takeBytes(std::string_view bytes) = 0;

    // The whole body has come.
    virtual void judgeBody() = 0;

    // The answer begins: gives back what only the work on it needed.
    virtual void onEnd() {}

    std::size_t bodyBytes() const { return bodyBytes_; }  // that have come

    ngx_int_t sendError(const upload::UploadError& error, bool isSentToStore);
    void finish(ngx_int_t rc);

    // Once for every call: the answer begins.
    void end(upload::Outcome outcome);

    ngx_http_request_t* r_;
    Door& door_;
    std::optional<ScopedRoom> room_;  // until the end

private:
    enum class Stage : std::uint8_t {
        checking,  // before the body
        reading,   // the body
        refusing,  // in mid-body: the answer waits for its event
        working,   // the body is judged, or a thread has a job
        answered,
    };

    static void onWholeBody(ngx_http_request_t* r);
    static void onEvent(ngx_event_t* event);
    void answerEvent();
    void clearEvent();
    void record(upload::Outcome outcome);

    Stage stage_ = Stage::checking;
    std::size_t bodyBytes_ = 0;
    std::size_t bytesAtPause_ = 0;  // of bodyBytes_, when the event loop had its turn
    ngx_event_t event_{};           // the deadline of the body, and a refusal in mid-body
    std::optional<upload::UploadError> refusal_;  // in mid-body
    std::optional<upload::Outcome> outcome_;
};

// The call of a request; null: it has none.
DoorCall* doorCallOf(ngx_http_request_t* r);

// Makes the request's call.
template <typename Call>
Call& makeDoorCall(ngx_http_request_t* r, Door& door) {
    Call* call = makeInPool<Call>(r->pool, r, door);
    ngx_http_set_ctx(r, static_cast<DoorCall*>(call), ngx_http_private_image_door_module);
    return *call;
}

}  // namespace private_image
