// Single flight: of identical requests that run at once, in all workers, one (the leader) does the
// work; the others (its followers) wait and learn the outcome.
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
        done,       // the result is stored where followers find it
        notStored,  // the work succeeded, but its result is not stored: followers do it themselves
        failed,     // followers would fail in the same way, for `reason`
        abandoned,  // the leader left, or was refused what a follower may be allowed
    };
    End end = End::abandoned;
    Reason reason = Reason::internal;  // of a failure
    Mark mark = Mark::unknown;         // of a failure: the image's mark
    bool wasRead = false;              // of a failure: whether the mark was read at all
    std::uint16_t originStatus = 0;
};

// In shared memory: the current flights, and the outcomes of the last ones that did not end as
// done. The outcomes are a ring, not counted references, which a worker that crashes would leave
// behind.
struct FlightTable {
    struct Ended {
        std::uint64_t id;
        FlightOutcome outcome;
    };
    ngx_rbtree_t byKey, byId;
    ngx_rbtree_node_t keySentinel, idSentinel;
    std::uint64_t lastId;
    std::array<Ended, 256> ended;  // indexed by the id modulo the size
};

// When a zone begins.
void initFlights(FlightTable& flights);

// Held by the leader. Ends as abandoned when it is dropped without end().
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

    // Wakes the followers. Does nothing the second time.
    void end(const FlightOutcome& outcome);

private:
    friend struct FlightRole join(const FlightKey& key, ngx_log_t* log);
    void swap(Flight& other) noexcept { std::swap(id_, other.id_); }
    std::uint64_t id_ = 0;
};

// Waits, in this worker's list, until its flight has ended; then `wake` is called once, on the
// event loop; it must not throw, and may drop this and other waiters. Stops waiting when it is
// dropped. The caller needs a timer of its own: a worker that shuts down waits for timers only.
class FlightWaiter {
public:
    FlightWaiter() = default;
    FlightWaiter(const FlightWaiter&) = delete;
    ~FlightWaiter() { stop(); }

    // `log` is for debugging, and must live as long as the wait.
    void wait(std::uint64_t flight, void (*wake)(void* data, const FlightOutcome& outcome),
              void* data, ngx_log_t* log);
    void stop();
    bool isWaiting() const { return flight_ != 0; }

private:
    friend void wakeFlightWaiters();
    ngx_queue_t link_{};
    std::uint64_t flight_ = 0;
    void (*wake_)(void*, const FlightOutcome&) = nullptr;
    void* data_ = nullptr;
    ngx_log_t* log_ = nullptr;
    FlightOutcome outcome_;  // set once the flight has ended
};

// One of three: the request leads the flight; it follows the flight of that number; or neither,
// because there is no zone, no room in it, or no event that would wake it: the request works alone.
struct FlightRole {
    Flight leads;
    std::uint64_t follows = 0;
};

// `log` is for debugging.
FlightRole join(const FlightKey& key, ngx_log_t* log);

// After a wakeWorkers(), in every worker: wakes the waiters whose flight has ended.
void wakeFlightWaiters();

// When a worker starts and when it exits: ends the flights of dead workers and its own. (At its
// start, its own are those of an earlier worker with the same process id.)
void abandonFlightsOfDeadWorkers();

}  // namespace private_image
