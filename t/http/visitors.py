"""Simultaneous requests with known workers, and their answers. The server block of the site must
contain SPREAD."""

import collections
import concurrent.futures
import dataclasses
import http.client
import select
import time

import client
from caching import cache_verdict
from clock import fair_time

# Connections to this port are spread over the workers, which send their process id.
SPREAD = """
    listen 127.0.0.1:{{ port_of("spread") }} reuseport;
    location = /pid { return 200 $pid; }
"""

# Seconds. NGINX's own cache lock would only check every half second; a woken follower is faster.
SOON = 0.3 * client.SLOWNESS


@dataclasses.dataclass
class Visit:
    connection: client.Connection
    worker: int
    answer: client.Answer = None  # None: the connection broke
    answered_at: float = 0  # by clock.fair_time()

    def receive(self):
        try:
            self.answer = self.connection.receive()
        except (OSError, http.client.HTTPException):
            self.answer = None
        self.answered_at = fair_time()
        self.connection.close()
        return self

    def leave(self):
        self.connection.close()


class Visitors:
    """Simultaneous requests, each on its own connection to a known worker."""

    def __init__(self, site):
        self.site = site
        self.pool = concurrent.futures.ThreadPoolExecutor(128)

    def come(self, target, count=1, workers=None, **options):
        """Sends `count` requests for a target to these workers in turn; by default to all."""
        workers = sorted(self.workers() if workers is None else workers)
        visits = [self.connect(workers[number % len(workers)]) for number in range(count)]
        for visit in visits:
            visit.connection.send(target, **options)
        return visits

    def connect(self, worker=None):
        """A connection that this worker has accepted."""
        for _ in range(200):
            connection = client.Connection(self.site.folder.port("spread"))
            taker = int(connection.request("/pid").body)
            if worker in (None, taker):
                return Visit(connection, taker)
            connection.close()
        raise AssertionError(f"worker {worker} takes no connection")

    def workers(self):
        found = set()
        for _ in range(200):
            visit = self.connect()
            visit.leave()
            found.add(visit.worker)
            if len(found) == 2:
                break
        return found

    def receive(self, visits):
        return list(self.pool.map(Visit.receive, visits))


def no_request_is_answered(visits):
    return not select.select([visit.connection.socket for visit in visits], [], [], 0)[0]


def wait_until_all_wait(visitors):
    """Waits until every worker has handled all requests sent before, plus the time to reach the
    origin; not a multiple of half a second, after which workers check for dead leaders."""
    visitors.workers()  # each answers one more request
    time.sleep(0.6)


def verdicts(visits):
    return collections.Counter(visit.answer.verdict if visit.answer else None for visit in visits)


def states(visits):
    return collections.Counter(cache_verdict(visit.answer) for visit in visits)


def renders(visits):
    return sum(1 for visit in visits if visit.answer.header("X-Render"))


def release(held, visitors, visits):
    """Lets the origin answer; returns how long the last one of the visits then waited."""
    released = fair_time()
    held.set()
    visitors.receive(visits)
    return max(visit.answered_at for visit in visits) - released
