// One of many that ask for the same at once does the work, across workers; the others wait and
// learn how it ended. Knows not what the work is.
#pragma once

#include <array>
#include <cstdint>
#include <utility>

#include "access/privacy_mark.hpp"
#include "access/reason.hpp"
#include "nginx/host/ngx.hpp"

namespace private_image {

using FlightKey = std::array<unsigned char, 16>;

struct FlightOutcome {
    enum class End : std::uint8_t {
        done,       // what was worked for is where everybody finds it
        notKept,    // it worked, but its result could not be kept: everybody for himself
        failed,     // nobody would fare better: `reason` says why
        abandoned,  // the leader left, or was refused what others may be allowed
    };
    End end = End::abandoned;
    Reason reason = Reason::internal;  // of a failure
    Mark mark = Mark::unknown;         // of a failure: what the origin said of the image
    bool wasRead = false;              // of a failure: whether `said` was read at all
    std::uint16_t originStatus = 0;
};

// In shared memory: the flights that are on, and how the last ones ended that are not just done. A
// ring, so that a worker that dies leaves nothing behind that counts its waiters.
struct FlightTable {
    struct Ended {
        std::uint64_t id;
        FlightOutcome outcome;
    };
    ngx_rbtree_t byKey, byId;
    ngx_rbtree_node_t keySentinel, idSentinel;
    std::uint64_t lastId;
    std::array<Ended, 256> ended;  // by the last digits of the id
};

// When a zone begins.
void beginFlights(FlightTable& flights);

// The leader's. Ends as abandoned where it is dropped without an end.
class Flight {
public:
    Flight() = default;
    Flight(Flight&& other) noexcept { swap(other); }
    Flight& operator=(Flight&& other) noexcept {
        swap(other);
        return *this;
    }
    ~Flight() { end({}); }

    explicit operator bool() const { return id_ != 0; }

    // Tells everybody who waits; at most once.
    void end(const FlightOutcome& outcome);

private:
    friend struct FlightRole join(const FlightKey& key);
    void swap(Flight& other) noexcept { std::swap(id_, other.id_); }
    std::uint64_t id_ = 0;
};

// Waits, in this worker's list, until its flight has ended; then `wake` is called once, on the
// event loop; it must not throw, and may drop this and other waiters. Dropped: waits no more. It
// has no timer: whoever waits needs one, else a worker that shuts down would not wait for him.
class FlightWaiter {
public:
    FlightWaiter() = default;
    FlightWaiter(const FlightWaiter&) = delete;
    ~FlightWaiter() { stop(); }

    void wait(std::uint64_t flight, void (*wake)(void* data, const FlightOutcome& outcome),
              void* data);
    void stop();
    bool isWaiting() const { return flight_ != 0; }

private:
    friend void wakeFlightWaiters();
    ngx_queue_t link_{};
    std::uint64_t flight_ = 0;
    void (*wake_)(void*, const FlightOutcome&) = nullptr;
    void* data_ = nullptr;
    FlightOutcome outcome_;  // once it has ended
};

// One of three: the flight is ours to lead; another leads it (`follows` is its number); or there is
// no zone, no room in it, or nothing that would wake us: everybody for himself.
struct FlightRole {
    Flight leads;
    std::uint64_t follows = 0;
};
FlightRole join(const FlightKey& key);

// After a wakeWorkers(), in every worker: wakes those whose flight has ended. One that is gone
// without an outcome is done.
void wakeFlightWaiters();

// When a worker starts and when it exits: ends the flights of workers that died, and its own. (At
// its start, those are of a predecessor that had the same process id.)
void abandonFlightsOfDeadWorkers();

}  // namespace private_image
