// Who leads, who follows, and how the followers of all workers learn of the end. What is worked for
// is left to the callers.
#include "nginx/shared_memory/single_flight.hpp"

#include <signal.h>

#include <new>

#include "nginx/host/wake.hpp"
#include "nginx/shared_memory/shared_tree.hpp"
#include "nginx/shared_memory/shared_zone.hpp"

namespace private_image {
namespace {

struct Numbered : ngx_rbtree_node_t {};  // whose key is the flight's id

// A flight that is on.
struct FlightRecord : KeyedNode, Numbered {
    ngx_pid_t leader;
    bool isFollowed;
};

FlightRecord* findFlight(const FlightTable& flights, std::uint64_t id) {
    ngx_rbtree_node_t* node = flights.byId.root;
    while (node != flights.byId.sentinel && node->key != id) {
        node = id < node->key ? node->left : node->right;
    }
    const bool isOn = node != flights.byId.sentinel;
    return isOn ? static_cast<FlightRecord*>(static_cast<Numbered*>(node)) : nullptr;
}

std::uint64_t idOf(const FlightRecord& flight) {
    return static_cast<const Numbered&>(flight).key;
}

// Null if there is no room.
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

// True if somebody has to be told, once the lock is given back.
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

FlightOutcome outcomeOf(const FlightTable& flights, std::uint64_t id) {
    const FlightTable::Ended& ended = flights.ended[id % flights.ended.size()];
    return ended.id == id ? ended.outcome : FlightOutcome{FlightOutcome::End::done};
}

// A worker of another user, from before a reload, is alive too.
bool isDead(ngx_pid_t process) {
    return kill(process, 0) == -1 && ngx_errno == NGX_ESRCH;
}

// ------------------------------------------------------------------ waiters

ngx_queue_t waiters{&waiters, &waiters};  // this worker's

// True if somebody has to be told.
bool endFlightsOf(bool (*isLost)(ngx_pid_t leader)) {
    const ZoneLock lock;
    FlightTable& flights = zoneState()->flights;
    ngx_rbtree_t& byId = flights.byId;
    ngx_rbtree_node_t* node =
        byId.root == byId.sentinel ? nullptr : ngx_rbtree_min(byId.root, byId.sentinel);
    bool isToTell = false;
    while (node != nullptr) {
        auto& flight = static_cast<FlightRecord&>(static_cast<Numbered&>(*node));
        node = ngx_rbtree_next(&byId, node);
        if (isLost(flight.leader)) {
            isToTell = endFlight(flights, flight, {}) || isToTell;
        }
    }
    return isToTell;
}

// ------------------------------------------------------------------ leaders without a successor

// Who takes the place of a worker that died ends its flights. Nobody takes the place of one that
// was leaving anyway: as long as somebody waits, his own worker looks as well.
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
        watch.cancelable = 1;  // whoever waits has a timer of his own
        ngx_add_timer(&watch, watchInterval);
    }
}

}  // namespace

void beginFlights(FlightTable& flights) {
    beginTree(flights.byKey, flights.keySentinel);
    ngx_rbtree_init(&flights.byId, &flights.idSentinel, ngx_rbtree_insert_value);
}

// Nobody who cannot be woken may wait. A flight whose leader died without a word is taken over.
FlightRole join(const FlightKey& key) {
    FlightRole role;
    ZoneState* zone = zoneState();
    if (zone == nullptr || !listensForWake()) {
        return role;
    }
    bool isToTell = false;
    {
        const ZoneLock lock;
        auto* flight = static_cast<FlightRecord*>(find(zone->flights.byKey, key));
        if (flight != nullptr && !isDead(flight->leader)) {
            flight->isFollowed = true;
            role.follows = idOf(*flight);
            return role;
        }
        if (flight != nullptr) {
            isToTell = endFlight(zone->flights, *flight, {});
        }
        flight = addFlight(*zone, key);
        role.leads.id_ = flight == nullptr ? 0 : idOf(*flight);
    }
    if (isToTell) {
        wakeWorkers();
    }
    return role;
}

void Flight::end(const FlightOutcome& outcome) {
    if (id_ == 0) {
        return;
    }
    bool isToTell = false;
    {
        const ZoneLock lock;
        FlightTable& flights = zoneState()->flights;
        FlightRecord* flight = findFlight(flights, std::exchange(id_, 0));
        isToTell = flight != nullptr && endFlight(flights, *flight, outcome);
    }
    if (isToTell) {
        wakeWorkers();
    }
}

void FlightWaiter::wait(std::uint64_t flight, void (*wake)(void*, const FlightOutcome&),
                        void* data) {
    stop();
    flight_ = flight;
    wake_ = wake;
    data_ = data;
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
    // Who is woken may drop others, which leave either list, and let others wait, which enter the
    // worker's.
    while (!ngx_queue_empty(&landed)) {
        auto* waiter = ngx_queue_data(ngx_queue_head(&landed), FlightWaiter, link_);
        const FlightOutcome outcome = waiter->outcome_;
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
