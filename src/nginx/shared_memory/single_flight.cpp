// Which request leads and which follow, and how the followers in all workers learn of the end.
#include "nginx/shared_memory/single_flight.hpp"

#include <new>

#include "nginx/host/process.hpp"
#include "nginx/host/wake.hpp"
#include "nginx/shared_memory/shared_tree.hpp"
#include "nginx/shared_memory/shared_zone.hpp"

namespace private_image {
namespace {

struct Numbered : ngx_rbtree_node_t {};  // its key is the flight's id

// A current flight.
struct FlightRecord : KeyedNode, Numbered {
    ngx_pid_t leader;
    bool isFollowed;
};

FlightRecord* findFlight(const FlightTable& flights, std::uint64_t id) {
    ngx_rbtree_node_t* node = flights.byId.root;
    while (node != flights.byId.sentinel && node->key != id) {
        node = id < node->key ? node->left : node->right;
    }
    const bool isFound = node != flights.byId.sentinel;
    return isFound ? static_cast<FlightRecord*>(static_cast<Numbered*>(node)) : nullptr;
}

std::uint64_t idOf(const FlightRecord& flight) {
    return static_cast<const Numbered&>(flight).key;
}

// Null if the zone has no room.
FlightRecord* addFlight(ZoneState& zone, const FlightKey& key) {
    void* room = allocate(zone.images, zonePool(), sizeof(FlightRecord));
    if (room == nullptr) {
        return nullptr;
    }
    FlightTable& flights = zone.flights;
    auto* flight = new (room) FlightRecord{};
    flight->leader = ngx_pid;
    insert(flights.byKey, *flight, key);
    Numbered& numbered = *flight;
    numbered.key = ++flights.lastId;
    ngx_rbtree_insert(&flights.byId, &numbered);
    return flight;
}

// Returns true if followers must be woken, once the lock is released.
bool endFlight(FlightTable& flights, FlightRecord& flight, const FlightOutcome& outcome) {
    const std::uint64_t id = idOf(flight);
    const bool isFollowed = flight.isFollowed;
    if (outcome.end != FlightOutcome::End::done) {
        flights.ended[id % flights.ended.size()] = {id, outcome};
    }
    ngx_rbtree_delete(&flights.byKey, static_cast<KeyedNode*>(&flight));
    ngx_rbtree_delete(&flights.byId, static_cast<Numbered*>(&flight));
    ngx_slab_free_locked(zonePool(), &flight);
    return isFollowed;
}

// A flight without an outcome in the ring is done.
FlightOutcome outcomeOf(const FlightTable& flights, std::uint64_t id) {
    const FlightTable::Ended& ended = flights.ended[id % flights.ended.size()];
    return ended.id == id ? ended.outcome : FlightOutcome{FlightOutcome::End::done};
}

bool isDead(ngx_pid_t process) {
    return !isAlive(process);
}

[[maybe_unused]] const char* endName(FlightOutcome::End end) {
    switch (end) {
        case FlightOutcome::End::done:
            return "done";
        case FlightOutcome::End::notStored:
            return "not stored";
        case FlightOutcome::End::failed:
            return "failed";
        case FlightOutcome::End::abandoned:
            break;
    }
    return "abandoned";
}

// ------------------------------------------------------------------ waiters

ngx_queue_t waiters{&waiters, &waiters};  // this worker's

// Returns true if followers must be woken.
bool endFlightsOf(bool (*isLost)(ngx_pid_t leader)) {
    const ZoneLock lock;
    FlightTable& flights = zoneState()->flights;
    ngx_rbtree_t& byId = flights.byId;
    ngx_rbtree_node_t* node =
        byId.root == byId.sentinel ? nullptr : ngx_rbtree_min(byId.root, byId.sentinel);
    bool mustWake = false;
    while (node != nullptr) {
        auto& flight = static_cast<FlightRecord&>(static_cast<Numbered&>(*node));
        node = ngx_rbtree_next(&byId, node);
        if (isLost(flight.leader)) {
            mustWake = endFlight(flights, flight, {}) || mustWake;
        }
    }
    return mustWake;
}

// ------------------------------------------------------------------ dead leaders

// The worker that replaces a dead one ends its flights. A worker that was shutting down is not
// replaced: so a worker with waiters looks for dead leaders itself.
constexpr ngx_msec_t watchInterval = 500;
ngx_event_t watch;

void handleWatch(ngx_event_t*) {
    if (ngx_queue_empty(&waiters)) {
        return;
    }
    ngx_add_timer(&watch, watchInterval);
    if (endFlightsOf(isDead)) {
        wakeWorkers();
    }
}

void startWatch() {
    if (!watch.timer_set) {
        watch.handler = handleWatch;
        watch.data = &watch;  // where a debugging NGINX looks for a connection's number
        watch.log = ngx_cycle->log;
        watch.cancelable = 1;  // each waiting request has a timer of its own
        ngx_add_timer(&watch, watchInterval);
    }
}

// Sets one of the two. Returns true if followers of a dead leader must be woken. Under the lock.
bool joinLocked(ZoneState& zone, const FlightKey& key, std::uint64_t& leads,
                std::uint64_t& follows) {
    auto* flight = static_cast<FlightRecord*>(find(zone.flights.byKey, key));
    if (flight != nullptr && !isDead(flight->leader)) {
        flight->isFollowed = true;
        follows = idOf(*flight);
        return false;
    }
    const bool mustWake = flight != nullptr && endFlight(zone.flights, *flight, {});
    flight = addFlight(zone, key);
    leads = flight == nullptr ? 0 : idOf(*flight);
    return mustWake;
}

}  // namespace

void initFlights(FlightTable& flights) {
    initTree(flights.byKey, flights.keySentinel);
    ngx_rbtree_init(&flights.byId, &flights.idSentinel, ngx_rbtree_insert_value);
}

// A request that cannot be woken must not wait. A flight whose leader died is led anew.
FlightRole join(const FlightKey& key, [[maybe_unused]] ngx_log_t* log) {
    FlightRole role;
    ZoneState* zone = zoneState();
    if (zone != nullptr && listensForWake()) {
        bool mustWake = false;
        {
            const ZoneLock lock;
            mustWake = joinLocked(*zone, key, role.leads.id_, role.follows);
        }
        if (mustWake) {
            wakeWorkers();
        }
    }
    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, log, 0, "private_image: flight %uL: %s",
                   role.leads ? role.leads.id_ : role.follows,
                   role.leads          ? "leads"
                   : role.follows != 0 ? "follows"
                                       : "works alone");
    return role;
}

void Flight::end(const FlightOutcome& outcome) {
    if (id_ == 0) {
        return;
    }
    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, ngx_cycle->log, 0, "private_image: flight %uL: ends as %s",
                   id_, endName(outcome.end));
    bool mustWake = false;
    {
        const ZoneLock lock;
        FlightTable& flights = zoneState()->flights;
        FlightRecord* flight = findFlight(flights, std::exchange(id_, 0));
        mustWake = flight != nullptr && endFlight(flights, *flight, outcome);
    }
    if (mustWake) {
        wakeWorkers();
    }
}

void FlightWaiter::wait(std::uint64_t flight, void (*wake)(void*, const FlightOutcome&), void* data,
                        ngx_log_t* log) {
    stop();
    flight_ = flight;
    wake_ = wake;
    data_ = data;
    log_ = log;
    ngx_queue_insert_tail(&waiters, &link_);
    startWatch();
    bool hasEnded = false;
    {
        const ZoneLock lock;
        hasEnded = findFlight(zoneState()->flights, flight) == nullptr;
    }
    if (hasEnded) {
        wakeWorkers();  // this worker may have handled the event before there was a waiter
    }
}

void FlightWaiter::stop() {
    if (flight_ != 0) {
        flight_ = 0;
        ngx_queue_remove(&link_);
    }
}

void wakeFlightWaiters() {
    if (ngx_queue_empty(&waiters)) {
        return;
    }
    ngx_queue_t landed;
    ngx_queue_init(&landed);
    {
        const ZoneLock lock;
        const FlightTable& flights = zoneState()->flights;
        for (ngx_queue_t* place = ngx_queue_head(&waiters); place != &waiters;) {
            auto* waiter = ngx_queue_data(place, FlightWaiter, link_);
            place = ngx_queue_next(place);
            if (findFlight(flights, waiter->flight_) == nullptr) {
                waiter->outcome_ = outcomeOf(flights, waiter->flight_);
                ngx_queue_remove(&waiter->link_);
                ngx_queue_insert_tail(&landed, &waiter->link_);
            }
        }
    }
    // A call of `wake_` may drop other waiters, which leave either list, and start new ones, which
    // enter the worker's list.
    while (!ngx_queue_empty(&landed)) {
        auto* waiter = ngx_queue_data(ngx_queue_head(&landed), FlightWaiter, link_);
        const FlightOutcome outcome = waiter->outcome_;
        ngx_log_debug2(NGX_LOG_DEBUG_HTTP, waiter->log_, 0,
                       "private_image: flight %uL: ended as %s for this follower", waiter->flight_,
                       endName(outcome.end));
        waiter->stop();
        waiter->wake_(waiter->data_, outcome);
    }
}

void abandonFlightsOfDeadWorkers() {
    if (zoneState() != nullptr) {
        endFlightsOf([](ngx_pid_t leader) { return leader == ngx_pid || isDead(leader); });
        wakeWorkers();
    }
}

}  // namespace private_image
