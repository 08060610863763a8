"""Workers that are killed while they render, store, wait or hold a lock: other workers soon answer
the waiting requests, and nothing of the killed worker remains except what docs/operations.md
lists."""

import http.client
import mmap
import os
import random
import re
import signal
import subprocess
import time

import pytest

import client
import documents
import pictures
from caching import HTTP, UNSIGNED, cache_verdict, published, signed, small, wait_until_stale
from clock import fair_time
from figures import assert_at_rest, figures, key, soon
from killing import kill_between_changes, shared_memory_of
from load import Load
from visitors import (SPREAD, Visitors, no_request_is_answered, release, renders, verdicts,
                      wait_until_all_wait)

ZONE = 1236 * 1024  # no other mapping has this size

SITE = SPREAD + """
    private_image_key img.key;
    private_image_cache derivatives;
    private_image_effort avif=7;
    location ^~ /ik/ { private_image imagekit; proxy_pass {{ origin }}/; }
    location ^~ /drop/ { private_image_purge; private_image_prefix /ik/; }
    location = /metrics { private_image_status prometheus; }
"""

KILLED = r"\[alert\].*worker process \d+ exited on signal 9"
UNLOCKED = r"\[alert\].*shared memory zone \"\w+\" was locked by \d+"

# Followers are woken when the killed worker's successor starts, or check by a timer.
PROMPTLY = 3

SLOW = "w-240,f-avif,q-50"  # on noise, more than a second


@pytest.fixture(scope="module")
def site(gate):
    site = gate(SITE, http=HTTP + f"private_image_zone remembered:{ZONE // 1024}k;")
    site.allow_emergency(KILLED)
    return site


@pytest.fixture
def visitors(site):
    visitors = Visitors(site)
    yield visitors
    visitors.pool.shutdown()


@pytest.fixture
def first_and_other(site, visitors):
    assert_at_rest(site)
    return sorted(visitors.workers())


def kill(worker):
    os.kill(worker, signal.SIGKILL)
    return fair_time()


def temporary_files(site):
    """Names of files that NGINX is writing."""
    return [path for path in (site.folder.path / "cache").rglob("*")
            if re.fullmatch(r"[0-9a-f]{32}\.\d{10}", path.name)]


def remove(files):
    for file in files:
        file.unlink()


def all_is_well(site, origin):
    """Checks new, cached, private and purged images, and many requests at once."""
    path, secret = published(origin), published(origin, private=True)
    assert cache_verdict(site.get(small(path))) == (200, "MISS")
    assert cache_verdict(site.get(small(path))) == (200, "HIT")
    assert site.get(small(secret)).verdict == UNSIGNED
    assert site.get(signed(small(secret))).verdict == (200, "signed")
    assert site.get("/drop" + path, method="PURGE").status == 204
    assert cache_verdict(site.get(small(path))) == (200, "MISS")
    visitors = Visitors(site)
    visits = visitors.receive(visitors.come(small(published(origin)), 8))
    assert verdicts(visits) == {(200, "public"): 8} and renders(visits) == 1
    visitors.pool.shutdown()
    assert_at_rest(site)


# Workers killed while they work

def test_one_killed_while_it_renders_is_succeeded_by_a_follower(site, origin, visitors,
                                                              first_and_other):
    first, other = first_and_other
    path = published(origin, pictures.noise(400, 400))
    leader = visitors.come(small(path, options=SLOW), workers=[first])
    soon(site, "renders_running", 1)
    waiters = visitors.come(small(path, options=SLOW), 5, workers=[other])
    soon(site, "requests_waiting", 5)
    assert no_request_is_answered(leader + waiters)
    left = temporary_files(site)
    killed = kill(first)
    origin.wait_for(path, 2, seconds=PROMPTLY)  # the new leader has begun
    assert fair_time() - killed < PROMPTLY
    visitors.receive(leader + waiters)
    assert verdicts(leader) == {None: 1} and verdicts(waiters) == {(200, "public"): 5}
    assert renders(waiters) == 1 and len(origin.requests(path)) == 2
    # The file that the killed worker was storing is sent to no client, and stays.
    assert len(left) == 1 and temporary_files(site) == left
    remove(left)
    all_is_well(site, origin)


def test_one_killed_while_it_fetches_is_succeeded_by_a_follower(site, origin, visitors, held,
                                                              first_and_other):
    first, other = first_and_other
    path = published(origin, private=True, held=held)
    leader = visitors.come(signed(small(path)), workers=[first])
    origin.wait_for(path)
    waiters = visitors.come(signed(small(path)), 4, workers=[other])
    strangers = visitors.come(small(path), 2, workers=[other])
    soon(site, "requests_waiting", 6)
    kill(first)
    origin.wait_for(path, 2, seconds=PROMPTLY)
    assert release(held, visitors, leader + waiters + strangers) < 1
    assert verdicts(leader) == {None: 1}
    assert verdicts(waiters) == {(200, "signed"): 4} and verdicts(strangers) == {UNSIGNED: 2}
    all_is_well(site, origin)


def test_one_killed_while_it_refreshes_is_succeeded_by_a_follower(site, origin, visitors, held,
                                                                first_and_other):
    first, other = first_and_other
    path = published(origin, cache_control="max-age=1")
    assert site.get(small(path)).status == 200
    wait_until_stale()
    published(origin, path=path, held=held)
    leader = visitors.come(small(path), workers=[first])
    origin.wait_for(path, 2)
    waiters = visitors.come(small(path), 3, workers=[other])
    soon(site, "requests_waiting", 3)
    kill(first)
    origin.wait_for(path, 3, seconds=PROMPTLY)
    assert release(held, visitors, leader + waiters) < 1
    assert verdicts(leader) == {None: 1}
    assert verdicts(waiters) == {(200, "public"): 3} and renders(waiters) == 0
    all_is_well(site, origin)


def test_one_that_was_leaving_anyway_has_no_successor_and_blocks_no_request(site, origin, visitors,
                                                                      held):
    """After a reload, no new worker replaces it, which would wake the followers."""
    path = published(origin, held=held)
    leader = visitors.come(small(path))
    origin.wait_for(path)
    old = site.reload()
    # A worker that ends looks for dead workers as well.
    site.wait_until_gone(old - {str(leader[0].worker)})
    waiters = visitors.come(small(path), 4, workers=site.answering() - {leader[0].worker})
    soon(site, "requests_waiting", 4)
    assert leader[0].worker in site.answering()
    kill(leader[0].worker)
    origin.wait_for(path, 2, seconds=PROMPTLY)
    assert release(held, visitors, waiters) < 1
    assert verdicts(waiters) == {(200, "public"): 4} and renders(waiters) == 1
    site.wait_until_gone(old)
    all_is_well(site, origin)


def test_both_may_die_at_once(site, origin, visitors, held, first_and_other):
    path = published(origin, held=held)
    visits = visitors.come(small(path), 6)
    origin.wait_for(path)
    wait_until_all_wait(visitors)
    for worker in first_and_other:
        kill(worker)
    visitors.receive(visits)
    assert verdicts(visits) == {None: 6}
    held.set()
    answer = site.get(small(path))
    assert answer.verdict == (200, "public")
    all_is_well(site, origin)


# Figures

def test_figures_of_killed_workers_do_not_stay(site, origin, visitors, first_and_other):
    first, other = first_and_other
    path = published(origin, pictures.noise(400, 400))
    lost = visitors.come(small(path, options=SLOW), workers=[first])
    lost += visitors.come(small(published(origin, pictures.noise(400, 401)), options=SLOW), 2,
                          workers=[first])
    soon(site, "renders_running", lambda number: number >= 1)
    before = figures(site)[key("requests_total", dialect="imagekit", reason="public")]
    kill(first)
    assert_at_rest(site)
    assert verdicts(visitors.receive(lost)) == {None: 3}
    assert figures(site)[key("requests_total", dialect="imagekit", reason="public")] == before
    remove(temporary_files(site))


# Locks

def lock_of_zone(worker):
    """The address of the zone's mutex in the worker's memory: at the beginning of NGINX's slab
    pool, which is at the beginning of the zone. It contains the process id of its holder."""
    zone, = (first for first, last in shared_memory_of(worker) if last - first == ZONE)
    return zone


def test_a_lock_that_a_dead_one_held_is_given_back(site, origin, visitors, first_and_other):
    assert ZONE % mmap.PAGESIZE == 0
    site.allow_emergency(UNLOCKED)
    first, other = first_and_other
    path = published(origin)
    assert site.get(small(path)).status == 200
    waiter = visitors.connect(other)
    try:
        memory = open(f"/proc/{first}/mem", "r+b", buffering=0)
    except PermissionError:
        pytest.skip("needs the right to write into another process")
    with memory:
        memory.seek(lock_of_zone(first))
        memory.write(first.to_bytes(8, "little"))
    waiter.connection.send(small(path))
    time.sleep(0.2)
    assert no_request_is_answered([waiter])
    killed = kill(first)
    waiter.receive()
    assert cache_verdict(waiter.answer) == (200, "HIT") and waiter.answered_at - killed < PROMPTLY
    site.wait_for_log(UNLOCKED)
    all_is_well(site, origin)


# Workers killed at random

def test_whenever_one_is_killed_the_rest_goes_on(site, origin):
    """Some thirty times, under load. Only connections of killed workers break; all answers are
    right."""
    site.allow_emergency(UNLOCKED)
    choice = random.Random(11)
    public, secret = published(origin), published(origin, private=True)
    slow = published(origin, pictures.noise(200, 200))
    broken = []

    def ask(thread, turn):
        target, verdict = [
            (small(public), (200, "public")),
            (small(public, options=f"w-{turn % 50 + 1}"), (200, "public")),
            (small(slow, options=f"w-{turn % 90 + 100},f-webp"), (200, "public")),
            (small(secret), UNSIGNED),
            (signed(small(secret, options=f"h-{turn % 40 + 1}")), (200, "signed")),
            ("/ik" + public, (200, "public")),
        ][turn % 6]
        try:
            answer = site.get(target)
        except (ConnectionError, http.client.HTTPException):
            broken.append(target)
            return
        assert answer.verdict == verdict, (target, answer)
        if answer.status == 200 and target.startswith("/ik/tr:w-20/"):
            assert pictures.shows_quarters(answer.image())

    kills = 0
    with Load(ask, 6) as load:
        until = time.monotonic() + 4
        while time.monotonic() < until or kills < 12:
            kill_between_changes(choice.choice(sorted(site.answering())))
            kills += 1
            site.get("/drop" + public, method="PURGE")
            time.sleep(choice.uniform(0, 0.2))
    assert not load.failures, load.failures[:5]
    assert load.turns > 20 * len(broken) / kills
    left = temporary_files(site)
    assert len(left) <= 6 * kills
    remove(left)
    all_is_well(site, origin)


# What remains of a killed worker

def test_what_killed_workers_leave_in_the_cache_goes_by_the_command_of_the_documentation(
        site, origin, visitors, first_and_other):
    first, _ = first_and_other
    path = published(origin, pictures.noise(400, 400))
    assert site.get("/drop" + published(origin), method="PURGE").status == 204  # for the journal
    lost = visitors.come(small(path, options=SLOW), workers=[first])
    soon(site, "renders_running", 1)
    kill(first)
    assert verdicts(visitors.receive(lost)) == {None: 1}
    cache = site.folder.path / "cache"
    left = temporary_files(site)
    assert len(left) == 1
    kept = {file for file in cache.rglob("*") if file.is_file()} - set(left)
    command, = [line for block in documents.blocks(documents.page("operations.md"), "sh")
                for line in block.text.splitlines() if line.startswith("find ")]
    command = command.replace("/var/cache/nginx/images", str(cache))
    subprocess.run(command, shell=True, check=True, timeout=client.TIMEOUT)
    assert temporary_files(site) == left  # too young: a worker may be writing it
    old = time.time() - 2 * 86400
    for file in [*kept, *left]:
        os.utime(file, (old, old))
    subprocess.run(command, shell=True, check=True, timeout=client.TIMEOUT)
    assert {file for file in cache.rglob("*") if file.is_file()} == kept
    all_is_well(site, origin)
